// Guard: the same words the other way round: who beat whom, from where to where, what into what.
import { DOERS, DONE_TO } from './function-words.ts';
import type { Reading } from './reading.ts';
import { isPast, stemOf } from './stem.ts';
import { meaningOf } from './synonyms.ts';
import { DATES } from './vocabulary.ts';

const TIMES = new Set(DATES.values());

/** Said of two things alike, in whichever order. */
const MUTUAL = new Set(
  ['difference', 'compare', 'similarity', 'distance', 'versus', 'vs', 'relationship'].map(stemOf),
);
const AND = /(?:^| )(?:and|versus|vs)(?: |$)/;

export function orderDiffers(asked: Reading, known: Reading): boolean {
  return (
    (asked.content.join(' ') !== known.content.join(' ') &&
      !isMutual(asked, known) &&
      withoutTool(asked) !== withoutTool(known)) ||
    turnsOtherwise(asked, known) ||
    isDoneTo(asked) !== isDoneTo(known) ||
    toWhom(asked) !== toWhom(known) ||
    asked.persons.filter(isPlayer).join() !== known.persons.filter(isPlayer).join() ||
    (has(asked, DOERS) && has(known, DONE_TO) && !has(asked, DONE_TO) && !has(known, DOERS)) ||
    (has(known, DOERS) && has(asked, DONE_TO) && !has(known, DONE_TO) && !has(asked, DOERS))
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

/** "A list in Python" is "a Python list": what it is done with stands anywhere, unless two such things are told of. */
function withoutTool({ content, turned }: Reading): string {
  const [tool, another] = content.filter((word) => TOOLS.has(word));
  const isMoved =
    tool === undefined || another !== undefined || content.some((word) => MOVES.has(word));
  const by = turned.get(tool ?? '');
  if (isMoved || by === 'from' || by === 'into' || by === 'to') return content.join(' ');
  return content.filter((word) => word !== tool).join(' ');
}

const TOOLS: ReadonlySet<string> = new Set(
  `python javascript typescript java ruby golang go rust c c++ c# php perl swift kotlin scala haskell bash powershell sql html css r
  matlab git docker linux node.js react vue excel npm postgres mysql redis kubernetes github`
    .split(/\s+/)
    .flatMap((tool) => [tool, meaningOf(stemOf(tool))]),
);
const MOVES: ReadonlySet<string> = new Set(
  [
    'convert',
    'translate',
    'migrate',
    'import',
    'export',
    'switch',
    'change',
    'compare',
    'move',
    'call',
    'port',
    'versus',
    'vs',
    'than',
  ].map((word) => meaningOf(stemOf(word))),
);

/** "From Paris" is not "to Paris"; "by her" is not "her". */
function turnsOtherwise(asked: Reading, known: Reading): boolean {
  for (const word of new Set([...asked.turned.keys(), ...known.turned.keys()])) {
    const [one, other] = [asked.turned.get(word), known.turned.get(word)];
    if (one === other) continue;
    if (isOneWay(one) || isOneWay(other) || areApart(one, other)) return true;
    // In Linux or on it, in March or at noon: one place, one time.
    const isLoose = TOOLS.has(word) || asked.names.has(word) || isTime(word);
    if (!isLoose && (isPlace(one) || isPlace(other)) && one !== other) return true;
  }
  return false;
}

function isOneWay(word: string | undefined): boolean {
  return word === 'from' || word === 'by' || word === 'against';
}

function areApart(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const both = [one, other].sort().join(' ');
  return (
    both === 'for with' || both === 'about with' || both === 'about to' || both === 'about into'
  );
}

function has({ frame }: Reading, persons: ReadonlySet<string>): boolean {
  return frame.rest.split(' ').some((word) => persons.has(word));
}

const TO_WHOM = /\b(?:to|for|from|with|about|by|on|against|at|of) (?:me|us|you)\b/g;

/** "Who owes money to me" is not "who owes money". */
function toWhom({ frame }: Reading): string {
  return (frame.rest.match(TO_WHOM) ?? []).join();
}

const BE = /^(?:is|are|was|were|be|been|being|get|gets|got|getting)$/;

/** "Who was hired" is not "who hired". Where it is said who does it, "are accepted" and "do you accept" are one. */
function isDoneTo({ frame, persons }: Reading): boolean {
  const words = frame.bare.split(' ');
  const at = words.findIndex((word) => BE.test(word));
  const isPassive = at >= 0 && words.slice(at + 1, at + 6).some(isPast);
  return isPassive && !persons.includes('you');
}

function isTime(word: string): boolean {
  return TIMES.has(word) || /^\d/.test(word);
}

function isPlace(word: string | undefined): boolean {
  return word === 'in' || word === 'on' || word === 'at';
}

function isPlayer(person: string): boolean {
  return person === 'he' || person === 'she' || person === 'they';
}
