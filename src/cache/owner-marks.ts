// marksOf: whose an answer is and which model's, in words of which nothing can be told: what it is dropped by where it is kept outside.
import { createHash } from 'node:crypto';
import type { AnswerFilter } from './answer-store.ts';

/** Of marks that are remembered: tenants, models and namespaces are few, users are many. */
const MAX_MARKS = 10_000;

const marks = new Map<string, string>();

/** Of tenant, user, namespace and model. */
export type Marks = readonly [string, string, string, string];

/** One each of tenant, user, namespace and model; '' where nothing is said. */
export function marksOf(
  words: {
    readonly [Name in keyof AnswerFilter]?: string | null;
  },
): Marks {
  const { tenant, user, namespace, model } = words;
  return [mark('t', tenant), mark('u', user), mark('n', namespace), mark('m', model)];
}

/** Of an answer's marks, and those of a filter: '' is any. */
export function marksMatch(whose: Marks, filter: Marks): boolean {
  return filter.every((mark, at) => mark === '' || mark === whose[at]);
}

function mark(kind: string, word: string | null | undefined): string {
  if (word === undefined) return '';
  if (word === null) return '-';
  const name = `${kind}\n${word}`;
  const known = marks.get(name);
  if (known !== undefined) return known;
  const made = createHash('sha256').update(name).digest('base64url').slice(0, 22);
  if (marks.size >= MAX_MARKS) marks.clear();
  marks.set(name, made);
  return made;
}
