// lastWords: what the user wrote last, where that is all that two prompts which mean the same may differ in.
//
// One plain text in one place. Whatever else a request has stays as it is, and has to be the same to the letter.
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
export function lastWords(dialect: CallerDialectId, body: JsonObject): string | null {
  const wire = WIRES[dialect];
  const { list } = wire;
  // What stands in the envelope counts, and would have to be looked for there.
  if (asObject(body.extra_body)?.[list] !== undefined) return null;
  const value = body[list];
  if (typeof value === 'string') return list === 'input' ? words(value) : null;
  const entries = asArray(value);
  const last = entries.at(-1);
  const before = entries.at(-2);
  if (!isObject(last) || last.role !== 'user') return null;
  if (list === 'input' && itemType(last) !== 'message') return null;
  if (before !== undefined && (!isObject(before) || wire.isResult(before))) return null;
  const text = textOf(last.content, wire);
  return text === null ? null : words(text);
}

/** Of several texts the last is the question; those before it are what it is about, and stay. */
function textOf(content: Json | undefined, { textType }: Wire): string | null {
  if (typeof content === 'string') return content;
  const parts = asArray(content);
  if (!parts.every((part) => asObject(part)?.type === textType)) return null;
  return asString(asObject(parts.at(-1))?.text) ?? null;
}

/** What a coding agent wrote around a user's words is nobody's question. */
function words(text: string): string | null {
  const typed = text.trim();
  return typed === '' || typed.startsWith('/') || typedOf([text]) !== typed ? null : text;
}
