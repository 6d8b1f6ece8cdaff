// What guards look at: a prompt taken apart once, however many others it is held against.

import { type Frame, frameOf } from './frame.ts';
import { EMPTY, ENGLISH, FIRST, SECOND, THIRD, TURNING } from './function-words.ts';
import { withPhrases } from './phrases.ts';
import { isPast, stemOf } from './stem.ts';
import { meaningAmong, meaningOf } from './synonyms.ts';
import { BOTH, FOREIGN, NUMBERS } from './vocabulary.ts';
import { type Word, wordsOf } from './words.ts';

export interface Reading {
  /** Spaces, the first letter's case and the closing full stop aside, as it was written. */
  readonly plain: string;
  readonly raw: string;
  readonly words: readonly Word[];
  readonly frame: Frame;
  /** What it is about, each word by what it means, in order. */
  readonly content: readonly string[];
  /** Of each of them the word before that says how it belongs: from, by, with … */
  readonly turned: ReadonlyMap<string, string>;
  readonly persons: readonly string[];
  readonly names: ReadonlySet<string>;
  readonly tense: 'past' | 'future' | 'present';
  readonly isEnglish: boolean;
  /** Code, data, or too long to be a question: nothing in it may differ. */
  readonly isVerbatim: boolean;
}

/** Longer ones are instructions with much in them that no list of words covers. */
const LONGEST_WORDS = 60;
const LONGEST_CHARS = 2000;
const CODE = /```|[{}]|;\s*$|<\/?[a-z]+[\s>/]|=>|\w\(|\n[ \t]{2,}|\n[ \t]*[-*\d]/im;
const LEADS =
  /^(?:in|on|for|with|using|when|if|at|as|during|after|before|while|given|from|to|near|under)$/;
const KEPT = 512;
const readings = new Map<string, Reading>();

export function readingOf(text: string): Reading {
  const known = readings.get(text);
  if (known !== undefined) return known;
  const reading = read(text);
  // A few hundred of questions are a few MB; long texts would be many, and take no time to read.
  if (text.length > LONGEST_CHARS) return reading;
  if (readings.size >= KEPT) readings.delete(readings.keys().next().value ?? '');
  readings.set(text, reading);
  return reading;
}

/** Texts that must not be known any more. */
export function forgetReadings(): void {
  readings.clear();
}

function read(text: string): Reading {
  const words = text.length > LONGEST_CHARS ? [] : frontLast(spoken(wordsOf(text)));
  // Of a long one nothing but itself is looked at.
  const isLong = text.length > LONGEST_CHARS || words.length > LONGEST_WORDS;
  const frame = frameOf(isLong ? '' : words.map((word) => word.text).join(' '));
  const names = new Set(words.filter((word) => word.isName).map((word) => word.text));
  const exact = new Set(words.filter((word) => word.isExact === true).map((word) => word.text));
  const rest = frame.rest.split(' ').filter((word) => word !== '');
  const { content, turned } = contentOf(rest, { names, exact }, NOUN_FIRST.has(frame.kind) ? 0 : 1);
  return {
    plain: isLong ? '' : plainOf(text),
    raw: text.trim(),
    words,
    frame,
    content,
    turned,
    persons: personsOf(rest),
    names,
    tense: tenseOf(frame),
    isEnglish: isLong || isEnglish(text, words),
    isVerbatim: isLong || CODE.test(text),
  };
}

function plainOf(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.!…]+$/, '')
    .replace(/^./u, (first) => first.toLowerCase());
}

const SOUNDS = /^(?:um+|uh+|er+m?|hmm+|ah+|oh)$/;

function spoken(words: readonly Word[]): Word[] {
  return words.filter((word) => !SOUNDS.test(word.text));
}

/** "In Python, how do I …" is "How do I … in Python". */
function frontLast(words: Word[]): Word[] {
  if (!LEADS.test(words[0]?.text ?? '')) return words;
  const comma = words.findIndex((word) => word.pauses === true);
  if (comma < 1 || comma > 9 || comma === words.length - 1) return words;
  return [...words.slice(comma + 1), ...words.slice(0, comma + 1)];
}

const QUANTITY =
  /^(?:lot|lots|kind|kinds|type|types|sort|sorts|one|most|some|all|many|few|none|out|because|instead|each|any|both|think|made|full|case|spite|top)$/;
const ENDS_NAME =
  /^(?:that|which|who|when|where|why|how|if|and|or|but|to|from|in|on|at|for|by|with|without|of|is|are|was|were|be|has|have|had|do|does|did|can|could|will|would|should|not|than|as|after|before|until|since|while|because)$/;
const ARTICLE = /^(?:the|a|an|my|our|your|his|her|their|its|this|that|these|those)$/;

/** What is left of the others begins with a verb. */
const NOUN_FIRST: ReadonlySet<string> = new Set([
  'what',
  'which',
  'who',
  'why',
  'where',
  'when',
  'howmany',
  'howmuch',
]);

/** "The capital of France" is "France's capital". */
function ofTurned(words: readonly string[], first: number): string[] {
  const at = words.indexOf('of');
  const head = words[at - 1];
  if (at < 1 || head === undefined || QUANTITY.test(head) || EMPTY.has(head)) return [...words];
  let start = at + 1;
  while (ARTICLE.test(words[start] ?? '')) start += 1;
  let end = start;
  while (end < words.length && end - start < 4 && !ENDS_NAME.test(words[end] ?? '')) end += 1;
  if (end === start) return [...words];
  const owner = words.slice(at + 1, end);
  // All of the thing owned: "the computer history of art" is not "the history of computer art".
  let before = at - 1;
  while (before > first && !EMPTY.has(words[before - 1] ?? '')) before -= 1;
  return [
    ...words.slice(0, before),
    ...owner,
    ...words.slice(before, at),
    ...ofTurned(words.slice(end), 0),
  ];
}

function contentOf(
  rest: readonly string[],
  { names, exact }: { readonly names: ReadonlySet<string>; readonly exact: ReadonlySet<string> },
  first: number,
): { content: string[]; turned: Map<string, string> } {
  const stems = ofTurned(
    withPhrases(rest.map((word) => (exact.has(word) ? word : shapeOf(word, names)))),
    first,
  );
  const meanings = stems.map((stem) => NUMBERS.get(stem) ?? meaningOf(stem));
  const content: string[] = [];
  const turned = new Map<string, string>();
  let turning = '';
  for (const [index, meaning] of meanings.entries()) {
    const stem = stems[index] ?? '';
    if (EMPTY.has(stem) && !isMentioned(stems, index)) {
      if (TURNING.has(stem)) turning = stem;
      continue;
    }
    const word = meaningAmong(meaning === 'no' ? 'not' : meaning, meanings);
    content.push(word);
    if (turning !== '') turned.set(word, turning);
    turning = '';
  }
  return { content, turned };
}

/** "The difference between for and while": joined to another word it is what is asked about. */
function isMentioned(stems: readonly string[], at: number): boolean {
  if (/^(?:and|or|vs|versus)$/.test(stems[at] ?? '')) return false;
  if (/^(?:and|or|vs|versus)$/.test(stems[at + 1] ?? '')) return true;
  const next = stems[at + 1];
  return (
    /^(?:and|or|vs|versus)$/.test(stems[at - 1] ?? '') && (next === undefined || next === 'in')
  );
}

function shapeOf(word: string, names: ReadonlySet<string>): string {
  if (BOTH.has(word)) return names.has(word) ? `${word}^` : word;
  return NUMBERS.has(word) ? word : stemOf(word);
}

function personsOf(words: readonly string[]): string[] {
  const out: string[] = [];
  for (const word of words) {
    const person = FIRST.has(word) ? 'i' : SECOND.has(word) ? 'you' : THIRD.get(word);
    if (person !== undefined) out.push(person);
  }
  return out;
}

function tenseOf({ bare, kind }: Frame): 'past' | 'future' | 'present' {
  if (/\b(?:did|was|were|had)\b/.test(bare)) return 'past';
  const isOver = /\b(?:has|have)\b/.test(bare) && !/\b(?:do|does|to have)\b/.test(bare);
  if (isOver && bare.split(' ').some(isPast)) return 'past';
  if (/\b(?:will|shall|going to)\b/.test(bare)) return 'future';
  const asks = kind === 'who' || kind === 'which';
  const isNow = /\b(?:do|does|is|are|am|can|could|should|would|has|have)\b/.test(bare);
  return asks && !isNow && bare.split(' ').some(isPast) ? 'past' : 'present';
}

function isEnglish(text: string, words: readonly Word[]): boolean {
  for (const letter of text) {
    if (letter > '\u024f' && /\p{L}/u.test(letter)) return false;
  }
  let english = 0;
  let foreign = 0;
  for (const word of words) {
    if (ENGLISH.has(word.text)) english += 1;
    else if (FOREIGN.has(word.text) || /[\u00c0-\u024f]/.test(word.text)) foreign += 1;
  }
  return foreign === 0 || english > foreign * 2;
}
