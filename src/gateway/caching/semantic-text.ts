// lastWords: what the user wrote last, and the request without it: what two prompts that mean the same may differ in.
//
// Only one plain text in one place is cut out. Whatever else a request has stays in it, and has to be the same to the letter.
import type { CallerDialectId } from '../../core/dialect.ts';
import { itemType } from '../../dialects/openai-responses/items.ts';
import { typedOf } from '../../dialects/typed-text.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';

export interface LastWords {
  readonly text: string;
  /** The request's body with nothing in their place. */
  readonly without: JsonObject;
}

interface Wire {
  /** The field that holds the conversation. */
  readonly list: 'messages' | 'input';
  readonly textType: string;
  /** Whether this entry is what a tool gave: what follows it belongs to its loop. */
  readonly isResult: (entry: JsonObject) => boolean;
}

const WIRES: { readonly [D in CallerDialectId]: Wire } = {
  'openai-chat': {
    list: 'messages',
    textType: 'text',
    isResult: ({ role }) => role === 'tool' || role === 'function',
  },
  'anthropic-messages': {
    list: 'messages',
    textType: 'text',
    isResult: ({ content }) =>
      asArray(content).some((block) => asObject(block)?.type === 'tool_result'),
  },
  'openai-responses': {
    list: 'input',
    textType: 'input_text',
    isResult: (item) => !['message', 'reasoning'].includes(itemType(item)),
  },
};

/** Null: the last turn is not a user's plain words, or it is not clear what stands for them. */
export function lastWords(dialect: CallerDialectId, body: JsonObject): LastWords | null {
  const wire = WIRES[dialect];
  const { list } = wire;
  // What stands in the envelope counts, and would have to be looked for there.
  if (asObject(body.extra_body)?.[list] !== undefined) return null;
  const value = body[list];
  if (typeof value === 'string')
    return list === 'input' ? words(value, { ...body, [list]: '' }) : null;
  const entries = asArray(value);
  const last = entries.at(-1);
  const before = entries.at(-2);
  if (!isObject(last) || last.role !== 'user' || last.tool_calls !== undefined) return null;
  if (list === 'input' && itemType(last) !== 'message') return null;
  if (before !== undefined && (!isObject(before) || wire.isResult(before))) return null;
  const cut = cutFrom(last.content, wire);
  if (cut === null) return null;
  const without = [...entries.slice(0, -1), { ...last, content: cut.without }];
  return words(cut.text, { ...body, [list]: without });
}

/** Of several texts the last is the question; those before it are what it is about, and stay. */
function cutFrom(
  content: Json | undefined,
  { textType }: Wire,
): { readonly text: string; readonly without: Json } | null {
  if (typeof content === 'string') return { text: content, without: '' };
  const parts = asArray(content);
  const last = parts.at(-1);
  if (!isObject(last) || !parts.every((part) => asObject(part)?.type === textType)) return null;
  const text = asString(last.text);
  if (text === undefined) return null;
  return { text, without: [...parts.slice(0, -1), { ...last, text: '' }] };
}

/** What a coding agent wrote around a user's words is nobody's question. */
function words(text: string, without: JsonObject): LastWords | null {
  const typed = text.trim();
  if (typed === '' || typed.startsWith('/') || typedOf([text]) !== typed) return null;
  return { text, without };
}
