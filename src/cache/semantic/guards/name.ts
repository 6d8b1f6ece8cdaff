// Guard: another person, product, place, file or identifier.
import { differing } from './differing.ts';
import type { Reading } from './reading.ts';
import { stemOf } from './stem.ts';
import { meaningOf } from './synonyms.ts';

export function namesDiffer(asked: Reading, known: Reading): boolean {
  const { asked: one, known: other } = differing(asked, known);
  return (
    hasName(one, asked) ||
    hasName(other, known) ||
    isNameOnlyIn(asked, known) ||
    isNameOnlyIn(known, asked)
  );
}

/** Windows are not windows. Who writes no capitals at all says nothing by that. */
function isNameOnlyIn({ names }: Reading, other: Reading): boolean {
  if (names.size === 0 || !/\p{Lu}/u.test(other.raw)) return false;
  const written = new Set(other.raw.split(/[^\p{L}\p{N}]+/u));
  return [...names].some((name) => !other.names.has(name) && written.has(name));
}

function hasName(words: readonly string[], { names }: Reading): boolean {
  if (words.length === 0 || names.size === 0) return false;
  const meanings = new Set(
    [...names].flatMap((name) => [name, `${name}^`, meaningOf(stemOf(name))]),
  );
  return words.some((word) => meanings.has(word));
}
