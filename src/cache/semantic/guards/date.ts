// Guard: another day, month, season or time, or before where the other says after.
import type { Reading } from './reading.ts';
import { DATES } from './vocabulary.ts';

const NAMES = new Set(DATES.values());

export function datesDiffer(asked: Reading, known: Reading): boolean {
  return datesOf(asked) !== datesOf(known);
}

function datesOf({ content }: Reading): string {
  return content
    .map((word) => word.replace('^', ''))
    .filter((word) => NAMES.has(word))
    .join(' ');
}
