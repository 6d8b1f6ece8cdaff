// The pairs of prompts of bench/cache/pairs: a question, then others that ask the same (=) or something else (!).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Pair {
  readonly category: string;
  readonly known: string;
  readonly asked: string;
  readonly isSame: boolean;
  /**
   * Of the third whose pairs nobody looked at while guards were written; only their counts. Two wrong answers counted there early
   * led to a rule each (plurals of identifiers and of letters); `fresh` was written after the guards. `aimed` is at their tables and all tuned on.
   */
  readonly isHeldOut: boolean;
}

const FOLDER = join(import.meta.dirname, 'pairs');

export function ownPairs(): Pair[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => pairsIn(readFileSync(join(FOLDER, name), 'utf8'), name.slice(0, -4)));
}

function pairsIn(text: string, category: string): Pair[] {
  // "# all held out", "# all tuned on": not by the question.
  const all = /^# all (held out|tuned on)\n/.exec(text)?.[1];
  return text
    .replace(/^#.*\n/, '')
    .trim()
    .split(/\n\n+/)
    .flatMap((group) => {
      const [known = '', ...others] = group.split('\n');
      return others.map((line) => ({
        category,
        known,
        asked: line.slice(2),
        isSame: line.startsWith('= '),
        isHeldOut: all === undefined ? isHeldOut(known) : all === 'held out',
      }));
    });
}

/** By the question, so that no other wording of it is on the other side. */
export function isHeldOut(question: string): boolean {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(question)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % 3 === 0;
}
