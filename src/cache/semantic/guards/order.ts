// Guard: the same words the other way round: who beat whom, from where to where, what into what.
import type { Reading } from './reading.ts';

/** Said of two things alike, in whichever order. */
const MUTUAL = new Set(['difference', 'compar', 'similarity', 'distance', 'versus', 'vs', 'relationship', 'differ']);
const AND = /(?:^| )(?:and|versus|vs)(?: |$)/;

export function orderDiffers(asked: Reading, known: Reading): boolean {
  return (
    (asked.content.join(' ') !== known.content.join(' ') && !isMutual(asked, known)) ||
    turnsOtherwise(asked, known) ||
    asked.persons.filter(isPlayer).join() !== known.persons.filter(isPlayer).join()
  );
}

/** Two neighbours changed places, and it is of both that something is asked. */
function isMutual(asked: Reading, known: Reading): boolean {
  const [one, other] = [asked.content, known.content];
  if (one.length !== other.length || !one.some((word) => MUTUAL.has(word))) return false;
  if (!AND.test(asked.frame.rest) || !AND.test(known.frame.rest)) return false;
  const at = one.findIndex((word, index) => word !== other[index]);
  const swapped = [...one];
  swapped[at] = one[at + 1] ?? '';
  swapped[at + 1] = one[at] ?? '';
  return swapped.join(' ') === other.join(' ') && !/^[-+]?\d/.test(one[at] ?? '');
}

/** "From Paris" is not "to Paris"; "by her" is not "her". */
function turnsOtherwise(asked: Reading, known: Reading): boolean {
  for (const word of new Set([...asked.turned.keys(), ...known.turned.keys()])) {
    const [one, other] = [asked.turned.get(word), known.turned.get(word)];
    if (one !== other && (isOneWay(one) || isOneWay(other) || areApart(one, other))) return true;
  }
  return false;
}

function isOneWay(word: string | undefined): boolean {
  return word === 'from' || word === 'by' || word === 'against';
}

function areApart(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const both = [one, other].sort().join(' ');
  return both === 'for with' || both === 'about with' || both === 'about to' || both === 'about into';
}

function isPlayer(person: string): boolean {
  return person === 'he' || person === 'she' || person === 'they';
}
