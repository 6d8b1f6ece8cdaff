// What reasoning a target takes back: its own maker's state, and plain text where the wire has a place for it. Anything
// else would be refused or named as a loss, so it is not put back there.
import type { Target, UpstreamDialect } from '../core/dialect.ts';
import type { CallThoughts, ThoughtPart } from '../core/thoughts.ts';
import { OWN_FORMAT as CLAUDE } from './anthropic-messages/foreign-signature.ts';
import { listedRule } from './anthropic-messages/model-rules.ts';
import { OWN_FORMAT as GEMINI } from './gemini/signature-format.ts';
import { isExtra } from './openai-chat/call-extras.ts';
import { OWN_FORMAT as RESPONSES } from './openai-responses/reasoning-items.ts';

type Wire = UpstreamDialect['id'];
type Origin = Pick<CallThoughts, 'provider' | 'model'>;

/** False where nothing ever is: nobody has to look for it. */
export function takesThoughts(wire: Wire, { quirks }: Target): boolean {
  if (wire === 'openai-chat')
    return quirks.reasoningReplay !== undefined || quirks.callExtras === true;
  return wire !== 'cohere';
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
    case 'bedrock-converse':
      // Servers that imitate this wire sign too, each for itself; the maker's own models are known by the table of its rules.
      return isState(part, CLAUDE) && (own || (isListed(origin.model) && isListed(target.model)));
    case 'openai-responses':
      // Encrypted for one organisation's models.
      return isState(part, RESPONSES) && own;
    case 'gemini':
      return part.format === GEMINI;
    case 'cohere':
      return false;
  }
}

function isState(part: ThoughtPart, format: string): boolean {
  if (part.format !== format) return false;
  return part.type === 'redacted-reasoning' || part.signature !== undefined;
}

function takenByChat({ quirks }: Target, part: ThoughtPart, own: boolean): boolean {
  if (part.type === 'redacted-reasoning' && isExtra(part)) return quirks.callExtras === true && own;
  if (quirks.reasoningReplay === undefined) return false;
  const named = quirks.reasoningField === 'reasoning_details';
  if (part.type === 'reasoning') return part.text !== '' || (named && part.format !== undefined);
  return named && part.format !== undefined;
}

function isListed(model: string): boolean {
  return listedRule(model) !== null;
}
