// An answer as one text, to be kept outside this process: what is known of it as a line of JSON, then its own text as it is.
import type { CachedAnswer } from '../core/cached-answer.ts';
import { isObject, parseJson } from '../lib/json.ts';

/** Another where a field or an event means something else than before. A field more or less is noticed by itself. */
const VERSION = 1;

type Facts = Omit<CachedAnswer, 'text'>;

/** All of them: a text that has others was written by another version of the program. */
const FIELDS: { readonly [Name in keyof Required<Facts>]: true } = {
  id: true,
  owner: true,
  model: true,
  provider: true,
  at: true,
  expiresAt: true,
  wire: true,
  form: true,
  askedIn: true,
  timesMs: true,
  usage: true,
  usageEstimated: true,
  costNano: true,
  finishReason: true,
  losses: true,
  simulated: true,
};
const FIELD_COUNT = Object.keys(FIELDS).length;

export function answerText({ text, ...facts }: CachedAnswer): string {
  return `${JSON.stringify([VERSION, facts])}\n${text}`;
}

/** Null: it is of another version of the program, or no answer at all. */
export function readAnswerText(whole: string): CachedAnswer | null {
  const end = whole.indexOf('\n');
  if (end < 0) return null;
  const told = parseJson(whole.slice(0, end));
  if (!Array.isArray(told) || told[0] !== VERSION) return null;
  const facts: unknown = told[1];
  if (!isObject(facts)) return null;
  const names = Object.keys(facts);
  if (names.length !== FIELD_COUNT || !names.every((name) => name in FIELDS)) return null;
  return { ...(facts as unknown as Facts), text: whole.slice(end + 1) };
}
