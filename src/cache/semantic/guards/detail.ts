// Guard: the net under all others: a word on one side that has no counterpart on the other.
import type { Reading } from './reading.ts';

export function detailsDiffer(asked: Reading, known: Reading): boolean {
  return (
    [...asked.content].sort().join(' ') !== [...known.content].sort().join(' ') ||
    endingsOf(asked) !== endingsOf(known) ||
    articlesDiffer(asked, known) ||
    personsDiffer(asked, known) ||
    orsOf(asked) !== orsOf(known)
  );
}

/** Boiled water is not boiling water, claimed damages are not damage. */
function endingsOf({ content, endings }: Reading): string {
  return content
    .map((word, at) => `${word}~${endings[at] ?? ''}`)
    .sort()
    .join(' ');
}

/** My order is not any order; "that one" is not "this one". What the sun is, is not what a sun is. */
function articlesDiffer(asked: Reading, known: Reading): boolean {
  const isThing = !DONE.has(asked.frame.kind);
  return asked.content.some((word, at) => {
    const one = articleOf(asked, at);
    const other = articleOf(known, known.content.indexOf(word));
    if (one === other) return false;
    const both = [one, other].sort().join(' ');
    return both === 'a my' || both === 'that this' || (isThing && APART.has(both));
  });
}

const DONE: ReadonlySet<string> = new Set(['how', 'do', 'wish', 'none', 'can', 'should']);
const APART: ReadonlySet<string> = new Set([
  'a the',
  ' my',
  'my this',
  'my that',
  'a this',
  'the this',
  'that the',
]);

function articleOf({ articles }: Reading, at: number): string {
  const article = articles[at] ?? '';
  if (article === 'an') return 'a';
  if (article === 'these') return 'this';
  if (article === 'those') return 'that';
  return /^(?:my|our|your)$/.test(article) ? 'my' : article;
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
