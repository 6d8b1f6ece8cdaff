// The messages of a forwarded request: only what is not this wire's is taken out of their text.
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { arrayElements, memberText, spliceArray, spliceObject } from '../../lib/json-splice.ts';
import { unpack } from './foreign-signature.ts';

const COMPRESSION: ReadonlySet<string> = new Set(['compression']);

export interface ForwardedMessages {
  /** The `messages` array's new text; null where it stays as it is. */
  readonly text: string | null;
  /** The last assistant turn calls tools and lost its thinking. */
  readonly unthoughtCalls: boolean;
}

/**
 * Taken out: our message-level `compression`, and thinking blocks that another maker made. Blocks the API signed are never
 * touched; those that nobody signed go only where `signed` says that the model's API refuses them.
 */
export function forwardMessages(
  text: string,
  body: JsonObject,
  signed: boolean,
  lose: (what: string) => void,
): ForwardedMessages {
  const messages = asArray(body.messages);
  const edits = new Map<number, ReadonlySet<number>>();
  messages.forEach((message, index) => {
    if (!isObject(message)) return;
    const foreign = foreignBlocks(message, signed);
    for (const block of foreign) {
      lose(`messages[${index}].content[${block}]: reasoning dropped; it is not signed by this API`);
    }
    if (foreign.size > 0 || message.compression !== undefined) edits.set(index, foreign);
  });
  if (edits.size === 0) return { text: null, unthoughtCalls: false };
  const last = messages.findLastIndex((message) => asObject(message)?.role === 'assistant');
  const lost = (edits.get(last)?.size ?? 0) > 0;
  return {
    text: rewrite(memberText(text, 'messages') ?? '[]', messages, edits),
    unthoughtCalls: lost && callsTool(asObject(messages[last])),
  };
}

function rewrite(
  text: string,
  messages: readonly Json[],
  edits: ReadonlyMap<number, ReadonlySet<number>>,
): string {
  const replaced = new Map<number, string>();
  const emptied = new Set<number>();
  const elements = arrayElements(text).map(({ start, end }) => text.slice(start, end));
  elements.forEach((element, index) => {
    const drop = edits.get(index);
    if (drop === undefined) return;
    if (drop.size > 0 && drop.size === asArray(asObject(messages[index])?.content).length)
      emptied.add(index);
    replaced.set(index, withoutBlocks(spliceObject(element, { remove: COMPRESSION }), drop));
  });
  if (emptied.size === 0) return spliceArray(text, replaced);
  // A turn of nothing is refused; the turns around it count as one.
  const kept = elements.map((element, index) => replaced.get(index) ?? element);
  return `[${kept.filter((_, index) => !emptied.has(index)).join(',')}]`;
}

function foreignBlocks(message: JsonObject, signed: boolean): ReadonlySet<number> {
  const found = new Set<number>();
  if (message.role !== 'assistant') return found;
  asArray(message.content).forEach((value, index) => {
    const block = asObject(value);
    if (block?.type === 'thinking') {
      const signature = asString(block.signature) ?? '';
      if (unpack(signature) || (signed && signature === '')) found.add(index);
    } else if (block?.type === 'redacted_thinking' && unpack(asString(block.data) ?? '')) {
      found.add(index);
    }
  });
  return found;
}

function callsTool(message: JsonObject | undefined): boolean {
  return asArray(message?.content).some((block) => asObject(block)?.type === 'tool_use');
}

/** The message without some of its blocks, the rest of its text as it was. */
function withoutBlocks(message: string, drop: ReadonlySet<number>): string {
  const content = drop.size === 0 ? undefined : memberText(message, 'content');
  if (content === undefined) return message;
  const kept = arrayElements(content)
    .filter((_, index) => !drop.has(index))
    .map(({ start, end }) => content.slice(start, end));
  return spliceObject(message, { set: new Map([['content', `[${kept.join(',')}]`]]) });
}
