// What reasoning a target takes back: its own maker's state, and plain text where the wire has a place for it. Anything
// else would be refused or named as a loss, so it is not put back there.
import type { Target, UpstreamDialect } from '../core/dialect.ts';
import type { CallThoughts, ThoughtPart } from '../core/thoughts.ts';
import { OWN_FORMAT as CLAUDE } from './anthropic-messages/foreign-signature.ts';
import { listedRule } from './anthropic-messages/model-rules.ts';
import { familyOf } from './bedrock-converse/family.ts';
import { TOOL_PLAN } from './cohere/tool-plan.ts';
import { OWN_FORMAT as GEMINI } from './gemini/signature-format.ts';
import { isExtra } from './openai-chat/call-extras.ts';
import { OWN_FORMAT as RESPONSES } from './openai-responses/reasoning-items.ts';

type Wire = UpstreamDialect['id'];
type Origin = Pick<CallThoughts, 'provider' | 'model'>;

/** False where nothing ever is: nobody has to look for it. */
export function takesThoughts(wire: Wire, { quirks }: Target): boolean {
  return (
    wire !== 'openai-chat' || quirks.reasoningReplay !== undefined || quirks.callExtras === true
  );
}

/** @param origin who thought it; null where the caller brought it, who answers for it. */
export function takesThought(
  wire: Wire,
  target: Target,
  part: ThoughtPart,
  origin: Origin | null,
): boolean {
  const own = origin === null || origin.provider === target.provider;
  switch (wire) {
    case 'openai-chat':
      return takenByChat(target, part, own);
    case 'anthropic-messages':
      return isSigned(part, target) && signsAlike(origin, target);
    case 'bedrock-converse':
      // The maker's models sign the same here as on its own wire; others of this host do not sign.
      return (
        isSigned(part, target) &&
        familyOf(target).ownFields === 'anthropic' &&
        (own || isListed(origin.model))
      );
    case 'openai-responses':
      // Encrypted for one organisation's models; open models think in plain text.
      if (part.format === RESPONSES) return isState(part, RESPONSES) && own;
      return target.quirks.reasoningReplay !== undefined && hasText(part);
    case 'gemini':
      return part.format === GEMINI;
    case 'cohere':
      if (!hasText(part) || part.type !== 'reasoning' || part.signature !== undefined) return false;
      return part.format === TOOL_PLAN || (own && target.reasoning !== false);
  }
}

/** What is signed is of use to a model that thinks. */
function isSigned(part: ThoughtPart, { reasoning }: Target): boolean {
  return reasoning !== false && isState(part, CLAUDE);
}

/** Servers that imitate the maker's wire sign too, each for itself; the maker's own models are known by the table of its rules. */
function signsAlike(origin: Origin | null, target: Target): boolean {
  if (origin === null) return true;
  if (isListed(origin.model)) return isListed(target.model);
  return origin.provider === target.provider && !isListed(target.model);
}

function takenByChat(target: Target, part: ThoughtPart, own: boolean): boolean {
  const { reasoningReplay, reasoningField, callExtras } = target.quirks;
  if (part.type === 'redacted-reasoning' && isExtra(part)) return callExtras === true && own;
  if (reasoningReplay === undefined) return false;
  switch (reasoningField) {
    case 'reasoning_details':
      return part.format !== undefined || hasText(part);
    case 'thinking-parts':
      return hasText(part) && target.reasoning !== false && !('signature' in part);
    default:
      return hasText(part);
  }
}

function isState(part: ThoughtPart, format: string): boolean {
  if (part.format !== format) return false;
  return part.type === 'redacted-reasoning' || (part.signature ?? '') !== '';
}

function hasText(part: ThoughtPart): boolean {
  return part.type === 'reasoning' && part.text !== '';
}

function isListed(model: string): boolean {
  return listedRule(model) !== null;
}
