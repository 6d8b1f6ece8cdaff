// Guard: the opposite of what the other asks.
import { differing } from './differing.ts';
import type { Reading } from './reading.ts';
import { areOpposites } from './vocabulary.ts';

export function areTurnedRound(asked: Reading, known: Reading): boolean {
  const { asked: one, known: other } = differing(asked, known);
  return one.some((word) => other.some((against) => areOpposites(word, against)));
}
