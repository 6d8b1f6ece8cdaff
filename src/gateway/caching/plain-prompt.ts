// plainPrompt: a request that says nothing but words, in the one form that it has in every dialect: its answer is the same
// whichever dialect asks.
//
// A short list of what may be in it, for what is not on the list may mean something that another dialect has no word for. All
// else has the key of its own dialect.
import type { CallerDialectId } from '../../core/dialect.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';
import { shapingHeaders } from './shaping-headers.ts';

/** Longer ones are put once into words for their own dialect's key, which is enough. */
const MAX_CHARS = 16_384;

interface Wire {
  /** Fields that are read here. */
  readonly limit: readonly string[];
  readonly turns: string;
  readonly instructions: string | null;
  /** The type of a part that is text, by who says it. */
  readonly textPart: { readonly user: string; readonly assistant: string };
}

const TEXT = { user: 'text', assistant: 'text' };
const WIRES: { readonly [D in CallerDialectId]: Wire } = {
  'openai-chat': {
    limit: ['max_tokens', 'max_completion_tokens'],
    turns: 'messages',
    instructions: null,
    textPart: TEXT,
  },
  'anthropic-messages': {
    limit: ['max_tokens'],
    turns: 'messages',
    instructions: 'system',
    textPart: TEXT,
  },
  'openai-responses': {
    limit: ['max_output_tokens'],
    turns: 'input',
    instructions: 'instructions',
    textPart: { user: 'input_text', assistant: 'output_text' },
  },
};
const NUMBERS = ['temperature', 'top_p'];

/** Null: it says more than words. @param ignored fields that shape no answer */
export function plainPrompt(
  inbound: Pick<Inbound, 'dialect' | 'body' | 'text' | 'forwarded' | 'routed'>,
  ignored: ReadonlySet<string>,
): string | null {
  const { dialect, body, text, forwarded, routed } = inbound;
  if (routed !== undefined || text.length > MAX_CHARS) return null;
  if (shapingHeaders(forwarded) !== null) return null;
  const wire = WIRES[dialect.id];
  const known = [...wire.limit, ...NUMBERS, wire.turns, wire.instructions];
  for (const name in body) if (!ignored.has(name) && !known.includes(name)) return null;
  const limits = wire.limit.map((name) => body[name]).filter((value) => value !== undefined);
  const [limit] = limits;
  const numbers = NUMBERS.map((name) => body[name]);
  if (limits.length !== 1 || ![limit, ...numbers].every(isPlainNumber)) return null;
  const turns = turnsOf(body, wire);
  return turns === null ? null : JSON.stringify([limit, ...numbers.map(orNull), ...turns]);
}

const orNull = (value: Json | undefined) => value ?? null;

function isPlainNumber(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}

type Said = readonly [role: string, ...texts: string[]];

/** Instructions first, then turns of the two who talk; the last is the user's. */
function turnsOf(body: JsonObject, wire: Wire): readonly Said[] | null {
  const said: Said[] = [];
  const instructions = wire.instructions === null ? undefined : body[wire.instructions];
  if (instructions !== undefined) {
    const texts = textsOf(instructions, 'text');
    if (texts === null) return null;
    said.push(['system', ...texts]);
  }
  const turns = body[wire.turns];
  const listed = typeof turns === 'string' ? [{ role: 'user', content: turns }] : turns;
  if (!Array.isArray(listed) || listed.length === 0) return null;
  for (const turn of listed as readonly Json[]) {
    const one = turnOf(turn, wire, said.length === 0 && wire.instructions === null);
    if (one === null) return null;
    said.push(one);
  }
  return said.at(-1)?.[0] === 'user' ? said : null;
}

function turnOf(turn: Json, wire: Wire, mayInstruct: boolean): Said | null {
  if (!isObject(turn)) return null;
  const { role, content, type, ...more } = turn;
  if (Object.keys(more).length > 0 || (type !== undefined && type !== 'message')) return null;
  if (type !== undefined && wire.turns !== 'input') return null;
  const instructs = role === 'system' && mayInstruct;
  if (role !== 'user' && role !== 'assistant' && !instructs) return null;
  const texts = textsOf(
    content,
    role === 'assistant' ? wire.textPart.assistant : wire.textPart.user,
  );
  return texts === null ? null : [role, ...texts];
}

/** Null where there is anything but text, or an empty one: wires differ in what they make of that. */
function textsOf(content: Json | undefined, partType: string): readonly string[] | null {
  if (typeof content === 'string') return content === '' ? null : [content];
  if (!Array.isArray(content) || content.length === 0) return null;
  const texts: string[] = [];
  for (const part of content as readonly Json[]) {
    if (!isObject(part)) return null;
    const { type, text, ...more } = part;
    if (type !== partType || typeof text !== 'string' || text === '') return null;
    if (Object.keys(more).length > 0) return null;
    texts.push(text);
  }
  return texts;
}
