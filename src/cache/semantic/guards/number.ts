// Guard: other numbers, or the same in another order.
import type { Reading } from './reading.ts';

const NUMERIC = /^[-+]?\d/;

export function numbersDiffer(asked: Reading, known: Reading): boolean {
  return numbersOf(asked) !== numbersOf(known);
}

function numbersOf({ content }: Reading): string {
  return content.filter((word) => NUMERIC.test(word)).join(' ');
}
