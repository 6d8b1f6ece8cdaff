// What guards look at: a prompt taken apart once, however many others it is held against.
import { EMPTY, ENGLISH, FIRST, SECOND, THIRD, TURNING } from './function-words.ts';
import { type Frame, frameOf } from './frame.ts';
import { withPhrases } from './phrases.ts';
import { isPast, stemOf } from './stem.ts';
import { meaningAmong, meaningOf } from './synonyms.ts';
import { BOTH, DATES, FOREIGN, NUMBERS, UNITS } from './vocabulary.ts';
import { type Word, wordsOf } from './words.ts';

export interface Reading {
  /** Spaces, case and the closing full stop aside, as it was written. */
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
const CODE = /```|[{}]|;\s*$|<\/?[a-z]+[\s>/]|=>|\w\(|\n[ \t]{2,}|\n\s*[-*\d]/im;
const LEADS = /^(?:in|on|for|with|using|when|if|at|as|during|after|before|while|given|from)$/;
const KEPT = 512;
const readings = new Map<string, Reading>();

export function readingOf(text: string): Reading {
  const known = readings.get(text);
  if (known !== undefined) return known;
  const reading = read(text);
  // The texts of long prompts are kept by whoever compares them anyway; a few hundred readings are a few MB.
  if (readings.size >= KEPT) readings.delete(readings.keys().next().value ?? '');
  readings.set(text, reading);
  return reading;
}

function read(text: string): Reading {
  const words = text.length > 8000 ? [] : frontLast(wordsOf(text));
  const frame = frameOf(words.map((word) => word.text).join(' '));
  const names = new Set(words.filter((word) => word.isName).map((word) => word.text));
  const rest = ofTurned(frame.rest.split(' ').filter((word) => word !== ''));
  const { content, turned } = contentOf(rest, names);
  return {
    plain: plainOf(text),
    raw: text.trim(),
    words,
    frame,
    content,
    turned,
    persons: personsOf(rest),
    names,
    tense: tenseOf(frame),
    isEnglish: isEnglish(text, words),
    isVerbatim: text.length > 8000 || words.length > LONGEST_WORDS || CODE.test(text),
  };
}

export function plainOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.!…]+$/, '');
}

/** "In Python, how do I …" is "How do I … in Python". */
function frontLast(words: Word[]): Word[] {
  if (!LEADS.test(words[0]?.text ?? '')) return words;
  const comma = words.findIndex((word) => word.pauses === true);
  if (comma < 1 || comma > 9 || comma === words.length - 1) return words;
  return [...words.slice(comma + 1), ...words.slice(0, comma + 1)];
}

const QUANTITY = /^(?:lot|lots|kind|kinds|type|types|sort|sorts|one|most|some|all|many|few|none|out|because|instead|each|any|both|think|made|full|case|spite|top)$/;
const ENDS_NAME = /^(?:that|which|who|when|where|why|how|if|and|or|but|to|from|in|on|at|for|by|with|without|of|is|are|was|were|be|has|have|had|do|does|did|can|could|will|would|should|not|than|as|after|before|until|since|while|because)$/;
const ARTICLE = /^(?:the|a|an|my|our|your|his|her|their|its|this|that|these|those)$/;

/** "The capital of France" is "France's capital". */
function ofTurned(words: readonly string[]): string[] {
  const at = words.indexOf('of');
  const head = words[at - 1];
  if (at < 1 || head === undefined || QUANTITY.test(head) || EMPTY.has(head)) return [...words];
  let start = at + 1;
  while (ARTICLE.test(words[start] ?? '')) start += 1;
  let end = start;
  while (end < words.length && end - start < 4 && !ENDS_NAME.test(words[end] ?? '')) end += 1;
  if (end === start) return [...words];
  const owner = words.slice(at + 1, end);
  return [...words.slice(0, at - 1), ...owner, head, ...ofTurned(words.slice(end))];
}

function contentOf(
  rest: readonly string[],
  names: ReadonlySet<string>,
): { content: string[]; turned: Map<string, string> } {
  const stems = withPhrases(rest.map((word) => shapeOf(word, names)));
  const meanings = stems.map((stem) => NUMBERS.get(stem) ?? meaningOf(stem));
  const content: string[] = [];
  const turned = new Map<string, string>();
  let turning = '';
  for (const [index, meaning] of meanings.entries()) {
    const stem = stems[index] ?? '';
    if (EMPTY.has(stem)) {
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

function shapeOf(word: string, names: ReadonlySet<string>): string {
  if (BOTH.has(word)) return names.has(word) ? `${word}^` : word;
  return UNITS.get(word) ?? DATES.get(word) ?? (NUMBERS.has(word) ? word : stemOf(word));
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
