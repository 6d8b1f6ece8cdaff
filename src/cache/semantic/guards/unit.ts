// Guard: other units or currencies, or the same the other way round (miles to km, km to miles).
import type { Reading } from './reading.ts';
import { UNITS } from './vocabulary.ts';

const NAMES = new Set(UNITS.values());

export function unitsDiffer(asked: Reading, known: Reading): boolean {
  return unitsOf(asked) !== unitsOf(known);
}

function unitsOf({ content }: Reading): string {
  return content.filter((word) => NAMES.has(word)).join(' ');
}
