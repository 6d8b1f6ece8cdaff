// Thinking that a provider refuses because another signed it: a caller that moves between hosts of this wire sends it along,
// and nothing in it says whose it is.
import type { Reduced } from '../../core/dialect.ts';
import type { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

/** "Invalid `signature` in `thinking` block", as hosts of Claude say it. */
export function refusesState({ code, message }: GatewayError): boolean {
  return code === 'upstream_invalid_request' && /signature/i.test(message);
}

/** The request without its signed thinking. */
export function withoutState(body: JsonObject): Reduced | null {
  const losses: string[] = [];
  const messages = asArray(body.messages).map((entry, at): Json => {
    const message = asObject(entry);
    if (message === undefined || !Array.isArray(message.content)) return entry;
    const content = asArray(message.content).filter((block, place) => {
      if (!THINKING.has(asObject(block)?.type)) return true;
      losses.push(
        `messages[${at}].content[${place}]: thinking dropped; the provider takes only what it signed itself`,
      );
      return false;
    });
    return { ...message, content };
  });
  if (losses.length === 0) return null;
  const said = messages.filter((message) => !isEmpty(message));
  return { body: { ...body, messages: said, ...fittingThinking(body, losses) }, losses };
}

function isEmpty(message: Json): boolean {
  const content = asObject(message)?.content;
  return Array.isArray(content) && content.length === 0;
}

/** While tools are at work a budget to think is refused where the turn that called them has no thinking. */
function fittingThinking(body: JsonObject, losses: string[]): JsonObject {
  const last = asObjects(body.messages).findLast(({ role }) => role === 'assistant');
  const calls = asObjects(last?.content).some(({ type }) => type === 'tool_use');
  if (!calls || asObject(body.thinking)?.type !== 'enabled') return {};
  losses.push('thinking: off until the tools are done; its beginning was dropped');
  return { thinking: undefined };
}
