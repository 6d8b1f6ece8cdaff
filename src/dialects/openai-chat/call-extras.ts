// `extra_content` of a tool call: state of its maker's that has to come back with the call, such as Gemini's thought
// signatures (ai.google.dev/gemini-api/docs/thought-signatures#openai: a 400 without them). In the hub it is encrypted
// reasoning that stands right before the call, so that callers of other dialects carry it like any other.
import type { RedactedReasoningPart } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type JsonObject, type JsonRecord, parseJson } from '../../lib/json.ts';
import { findRule } from '../find-rule.ts';

const FORMAT = 'openai-chat-extra-content';

/** What the hub keeps of a call's state; null where it has none. */
export function extraOf(call: JsonObject): Omit<RedactedReasoningPart, 'type'> | null {
  const extra = asObject(call.extra_content);
  return extra === undefined ? null : { data: JSON.stringify(extra), format: FORMAT };
}

/** True for the state of the call that follows. */
export function isExtra({ format }: { readonly format?: string | null }): boolean {
  return format === FORMAT;
}

/** The member of the call; empty where there is none. */
export function extraMember(data: string | null): JsonRecord {
  const extra = data === null ? undefined : asObject(parseJson(data));
  return extra === undefined ? {} : { extra_content: extra as JsonRecord };
}

/** True where calls that come back without their state are refused. */
export function wantsExtras({ model, quirks }: Target): boolean {
  return quirks.callExtras === true && findRule(model, quirks.modelRules ?? [])?.bareCalls !== true;
}

/** What goes with the first call of a turn whose calls have none; null where the target's model does not insist. */
export function standInFor(target: Target): JsonObject | null {
  const { callExtrasStandIn } = target.quirks;
  return callExtrasStandIn !== undefined && wantsExtras(target) ? callExtrasStandIn : null;
}
