// What a prompt is about, word by word: what each means, which ending it has, and whose it is said to be.
import { EMPTY } from './function-words.ts';
import { withPhrases } from './phrases.ts';
import { formOf, type Shape, stemOf } from './stem.ts';
import { isKnown, meaningAmong, meaningOf } from './synonyms.ts';
import { BOTH, DATES, NUMBERS, UNITS } from './vocabulary.ts';

export interface Content {
  /** Each word by what it means, in order. */
  readonly content: readonly string[];
  /** Of each of them the ending that its meaning does not show: "boiled" is not "boiling", "damages" are not damage. */
  readonly endings: readonly string[];
  /** Of each of them the article or possessive before it. */
  readonly articles: readonly string[];
  /** Content in its places among the small words that say who does what to whom, where, and on which condition. */
  readonly skeleton: readonly string[];
}

export interface Written {
  readonly names: ReadonlySet<string>;
  readonly exact: ReadonlySet<string>;
  /** It begins with what is done, and "cancel" and "cancelling" are one there. */
  readonly beginsWithVerb: boolean;
  /** It begins with who asks, which says nothing: "where do I pay". */
  readonly beginsWithAnyone: boolean;
  readonly isPast: boolean;
}

const QUANTITY =
  /^(?:lot|lots|kind|kinds|type|types|sort|sorts|one|most|some|all|many|few|none|out|because|instead|each|any|both|think|made|full|case|spite|top)$/;
const ENDS_NAME =
  /^(?:that|which|who|when|where|why|how|if|and|or|but|to|from|in|on|at|for|by|with|without|of|is|are|was|were|be|has|have|had|do|does|did|can|could|will|would|should|not|than|as|after|before|until|since|while|because)$/;
const ARTICLE = /^(?:the|a|an|my|our|your|his|her|their|its|this|that|these|those)$/;
/** Of the small ones those that say nothing where they stand. */
const SILENT =
  /^(?:a|an|the|my|our|your|am|is|are|was|were|be|been|being|do|does|did|doing|please|kindly|basically|actually|simply|then)$/;
/** Say how a question is put where they begin what is left of it. */
const MODAL = /^(?:will|would|shall|should|can|could|may|might|must)$/;
/** Before what they point at they are its article. */
const POINTS = /^(?:this|that|these|those)$/;
const ANYONE = /^(?:i|you)$/;
const JOINS = /^(?:and|or|vs|versus)$/;
const PRONOUNS: ReadonlyMap<string, string> = new Map(
  `someone somebody anyone anybody|i we|me us|myself ourselves|has have had having`
    .split('|')
    .flatMap((line) => {
      const all = line.split(' ');
      return all.map((word) => [word, all[0] ?? word] as const);
    }),
);

export function contentOf(rest: readonly string[], written: Written): Content {
  const shapes = rest.map((word, at) => shapeOf(rest, at, word, written));
  const first = written.beginsWithVerb ? 1 : 0;
  const all = ofTurned(placed(withPhrases(shapes)), first);
  const meanings = all.map(({ stem }) => NUMBERS.get(stem) ?? meaningOf(stem));
  const content: string[] = [];
  const endings: string[] = [];
  const articles: string[] = [];
  const skeleton: string[] = [];
  for (const [at, meaning] of meanings.entries()) {
    const { stem, ending, article } = all[at] ?? NOWHERE;
    if (EMPTY.has(stem) && !isMentioned(all, at)) {
      if (!isSilent(all, at)) skeleton.push(PRONOUNS.get(stem) ?? stem);
      continue;
    }
    const word = meaningAmong(meaning === 'no' ? 'not' : meaning, meanings);
    content.push(word);
    skeleton.push(word);
    articles.push(article);
    // What has another name here is told by that.
    endings.push(isKnown(stem) ? ending.replace(/e(?=s?$)/, '') : ending);
  }
  return {
    content,
    endings,
    articles,
    skeleton: written.beginsWithAnyone ? withoutAsker(skeleton) : skeleton,
  };
}

function isSilent(all: readonly Shape[], at: number): boolean {
  const stem = all[at]?.stem ?? '';
  if (MODAL.test(stem)) return at === 0;
  return SILENT.test(stem) || (POINTS.test(stem) && isContent(all, at + 1));
}

interface Placed extends Shape {
  readonly article: string;
}

const NOWHERE: Placed = { stem: '', ending: '', article: '' };

/** Each with the article right before it, and with what the one before its phrase makes of its ending. */
function placed(shapes: readonly Shape[]): Placed[] {
  let phrase = '';
  return shapes.map(({ stem, ending }, at) => {
    if (EMPTY.has(stem)) {
      phrase = ARTICLE.test(stem) ? stem : '';
      return { stem, ending, article: '' };
    }
    const before = shapes[at - 1]?.stem ?? '';
    return {
      stem,
      ending: generic(ending, phrase, isContent(shapes, at + 1), isContent(shapes, at - 1)),
      article: ARTICLE.test(before) ? before : '',
    };
  });
}

/** "A closure" and "closures" are any of them; "damage" is not "damages", nor "my order" "my orders". */
function generic(ending: string, article: string, hasNext: boolean, hasBefore: boolean): string {
  if (/^e?$/.test(ending) && !hasNext && /^an?$/.test(article)) return `${ending}s`;
  if (ending.endsWith('s') && article !== '' && !hasBefore) return `the ${ending}`;
  return ending;
}

function isContent(all: readonly Shape[], at: number): boolean {
  const stem = all[at]?.stem;
  return stem !== undefined && !EMPTY.has(stem);
}

/** Without whoever asks, at the front: "why can't I", "why can I not". */
function withoutAsker(skeleton: readonly string[]): readonly string[] {
  const at = skeleton[0] === 'not' ? 1 : 0;
  return ANYONE.test(skeleton[at] ?? '') ? skeleton.filter((_, index) => index !== at) : skeleton;
}

function shapeOf(
  rest: readonly string[],
  at: number,
  word: string,
  { names, exact, beginsWithVerb, isPast }: Written,
): Shape {
  if (BOTH.has(word)) return { stem: names.has(word) ? `${word}^` : word, ending: '' };
  if (exact.has(word)) return { stem: word, ending: '' };
  // Counted they are a measure; minutes that nobody counts may be those of a meeting.
  const isCounted = at === 0 || /^\d/.test(rest[at - 1] ?? '') || NUMBERS.has(rest[at - 1] ?? '');
  if (UNITS.has(word) && !isCounted && /[a-z]{3}s$/.test(word))
    return { stem: stemOf(word), ending: 's' };
  if (NUMBERS.has(word) || UNITS.has(word) || DATES.has(word))
    return { stem: NUMBERS.has(word) ? word : stemOf(word), ending: '' };
  const ending = formOf(word);
  const isVerb = at === 0 && beginsWithVerb && /^(?:ing|e)$/.test(ending);
  // "Has it shipped" and "did it ship" are of one time; "damaged goods" are goods of a kind.
  const next = rest[at + 1];
  const isOver =
    isPast &&
    /^ed?$/.test(ending) &&
    !ARTICLE.test(rest[at - 1] ?? '') &&
    (at === 0 || next === undefined || EMPTY.has(next) || DATES.has(next));
  return { stem: stemOf(word), ending: isVerb || isOver ? '' : ending };
}

/** "The capital of France" is "France's capital". */
function ofTurned<T extends Shape>(words: readonly T[], first: number): T[] {
  const stemAt = (at: number) => words[at]?.stem ?? '';
  const at = words.findIndex(({ stem }) => stem === 'of');
  const head = stemAt(at - 1);
  if (at < 1 || QUANTITY.test(head) || EMPTY.has(head)) return [...words];
  let start = at + 1;
  while (ARTICLE.test(stemAt(start))) start += 1;
  let end = start;
  while (end < words.length && end - start < 4 && !ENDS_NAME.test(stemAt(end))) end += 1;
  if (end === start) return [...words];
  // All of the thing owned: "the computer history of art" is not "the history of computer art".
  let before = at - 1;
  while (before > first && !EMPTY.has(stemAt(before - 1))) before -= 1;
  return [
    ...words.slice(0, before),
    ...words.slice(at + 1, end),
    ...words.slice(before, at),
    ...ofTurned(words.slice(end), 0),
  ];
}

/** "The difference between for and while": joined to another word it is what is asked about. */
function isMentioned(all: readonly Shape[], at: number): boolean {
  const stemAt = (index: number) => all[index]?.stem;
  if (JOINS.test(stemAt(at) ?? '')) return false;
  if (JOINS.test(stemAt(at + 1) ?? '')) return true;
  const next = stemAt(at + 1);
  return JOINS.test(stemAt(at - 1) ?? '') && (next === undefined || next === 'in');
}
