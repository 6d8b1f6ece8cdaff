// What guards look at: a prompt taken apart once, however many others it is held against.

import { type Content, contentOf } from './content.ts';
import { type Frame, frameOf } from './frame.ts';
import { ENGLISH, FIRST, SECOND, THIRD } from './function-words.ts';
import { isPast } from './stem.ts';
import { FOREIGN } from './vocabulary.ts';
import { type Word, wordsOf } from './words.ts';

export interface Reading extends Content {
  /** Spaces, the first letter's case and the closing full stop aside, as it was written. */
  readonly plain: string;
  readonly raw: string;
  readonly words: readonly Word[];
  readonly frame: Frame;
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
  const tense = tenseOf(frame);
  const parts = contentOf(rest, {
    names,
    exact,
    beginsWithVerb: VERB_FIRST.has(frame.kind),
    beginsWithAnyone: ANYONE_FIRST.has(frame.kind),
    isPast: tense === 'past',
  });
  return {
    plain: isLong ? '' : plainOf(text),
    raw: text.trim(),
    words,
    frame,
    ...parts,
    persons: personsOf(rest),
    names,
    tense,
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

/** What is left of them begins with what is done. */
const VERB_FIRST: ReadonlySet<string> = new Set(['how', 'do', 'wish', 'none']);
/** Who asks says nothing after them: "where do I pay". */
const ANYONE_FIRST: ReadonlySet<string> = new Set([
  'where',
  'when',
  'why',
  'howmany',
  'howmuch',
  'howlong',
  'howoften',
  'howfar',
]);

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
