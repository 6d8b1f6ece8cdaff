// Guard: the same words the other way round or tied together otherwise: who beat whom, from where to where, for what or with it.
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
/** Which of them it is does not matter before a time, a program or a name. */
const PLACE = /^(?:in|on|at)$/;
/** What a program stands behind where it is only what something is done with. */
const TIE = /^(?:in|using)$/;

export function orderDiffers(asked: Reading, known: Reading): boolean {
  const isOther =
    tied(asked, asked.skeleton) !== tied(known, known.skeleton) &&
    !isMutual(asked, known) &&
    tied(asked, withoutTool(asked)) !== tied(known, withoutTool(known));
  return isOther || isDoneTo(asked) !== isDoneTo(known);
}

/** Every person as who does it or has it done, every preposition and condition where it stands. */
function tied({ names }: Reading, skeleton: readonly string[]): string {
  const isLoose = (next: string) => TOOLS.has(next) || names.has(next) || isTime(next);
  return skeleton
    .map((word, at) => (PLACE.test(word) && isLoose(skeleton[at + 1] ?? '') ? 'in' : word))
    .join(' ');
}

/** Two neighbours changed places, and it is of both that something is asked. */
function isMutual(asked: Reading, known: Reading): boolean {
  const [one, other] = [asked.content, known.content];
  if (one.length !== other.length || !one.some((word) => MUTUAL.has(word))) return false;
  if (!AND.test(asked.frame.rest) || !AND.test(known.frame.rest)) return false;
  if ([...asked.skeleton].sort().join(' ') !== [...known.skeleton].sort().join(' ')) return false;
  const at = one.findIndex((word, index) => word !== other[index]);
  const swapped = [...one];
  swapped[at] = one[at + 1] ?? '';
  swapped[at + 1] = one[at] ?? '';
  return swapped.join(' ') === other.join(' ') && !/^[-+]?\d/.test(one[at] ?? '');
}

/** "A list in Python" is "a Python list": what it is done with stands anywhere, unless two such things are told of. */
function withoutTool({ content, skeleton }: Reading): readonly string[] {
  const [tool, another] = content.filter((word) => TOOLS.has(word));
  const isFixed =
    tool === undefined || another !== undefined || content.some((word) => MOVES.has(word));
  const at = skeleton.indexOf(tool ?? '');
  if (isFixed || /^(?:on|with|for|from|into|to|by|about|as|against)$/.test(skeleton[at - 1] ?? ''))
    return skeleton;
  const from = TIE.test(skeleton[at - 1] ?? '') ? at - 1 : at;
  return [...skeleton.slice(0, from), ...skeleton.slice(at + 1)];
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

const BE = /^(?:is|are|was|were|be|been|being|get|gets|got|getting)$/;

/** "Who was hired" is not "who hired". Where it is said who does it, "are accepted" and "do you accept" are one. */
function isDoneTo({ frame, persons }: Reading): boolean {
  const words = frame.bare.split(' ');
  const isPassive = words.some(
    (word, at) => BE.test(word) && words.slice(at + 1, at + 6).some(isPast),
  );
  return isPassive && !persons.includes('you');
}

function isTime(word: string): boolean {
  return TIMES.has(word) || /^\d/.test(word);
}
