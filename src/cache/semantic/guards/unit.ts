// Guard: other units or currencies, or the same the other way round (miles to km, km to miles).
import type { Reading } from './reading.ts';
import { UNITS } from './vocabulary.ts';

const NAMES = new Set(UNITS.values());

export function unitsDiffer(asked: Reading, known: Reading): boolean {
  return unitsOf(asked) !== unitsOf(known) || areWrittenOtherwise(asked.raw, known.raw);
}

function unitsOf({ content }: Reading): string {
  return content.filter((word) => NAMES.has(word)).join(' ');
}

const SYMBOL = /\d\s?\p{L}{1,4}(?![\p{L}\p{N}])/gu;

/** 5 MW are not 5 mW. */
function areWrittenOtherwise(asked: string, known: string): boolean {
  const one = (asked.match(SYMBOL) ?? []).join();
  const other = (known.match(SYMBOL) ?? []).join();
  return one !== other && one.toLowerCase() === other.toLowerCase();
}
