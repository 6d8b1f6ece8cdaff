// Guard: one denies what the other does not, or denies another part of it.
import type { Reading } from './reading.ts';
import { NEGATORS } from './vocabulary.ts';

export function negationsDiffer(asked: Reading, known: Reading): boolean {
  return deniedBy(asked) !== deniedBy(known);
}

/** Each negator; what it stands before is what the order of words tells. */
function deniedBy({ content }: Reading): string {
  return content.filter((word) => NEGATORS.has(word)).join(' ');
}
