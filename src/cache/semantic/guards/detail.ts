// Guard: the net under all others: a word on one side that has no counterpart on the other.
import type { Reading } from './reading.ts';

export function detailsDiffer(asked: Reading, known: Reading): boolean {
  const one = [...asked.content].sort().join(' ');
  return (
    one !== [...known.content].sort().join(' ') ||
    personsDiffer(asked, known) ||
    orsOf(asked) !== orsOf(known)
  );
}

/** What I have is not what you have; "my", "the" and nothing at all are one. */
function personsDiffer(asked: Reading, known: Reading): boolean {
  const one = sideOf(asked);
  const other = sideOf(known);
  return one !== '' && other !== '' && one !== other;
}

function sideOf({ persons }: Reading): string {
  return persons
    .filter((person) => person === 'i' || person === 'you')
    .join(' ')
    .replace(/\b(\w+)(?: \1\b)+/g, '$1');
}

function orsOf({ frame }: Reading): number {
  return frame.rest.split(' ').filter((word) => word === 'or').length;
}
