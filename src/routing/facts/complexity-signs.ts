// Signs: what a text shows of its difficulty without being understood: how long, how dense, what it asks for.

/** The longest part of a text that is looked at: its beginning and its end, where the question usually is. */
const HEAD = 500;
const TAIL = 1_500;

export function excerptOf(text: string): string {
  return text.length <= HEAD + TAIL ? text : `${text.slice(0, HEAD)}\n${text.slice(-TAIL)}`;
}

const wordsLike = (words: string) => new RegExp(`\\b(?:${words})\\b`, 'gi');
const NEGATIONS = wordsLike(
  "not|no|never|none|neither|nor|except|without|cannot|least|false|isn't|doesn't|unless|incorrect",
);
const CONDITIONS = wordsLike(
  'if|then|each|every|per|twice|half|times|than|when|while|after|before|both|until|therefore|because|given|assume|suppose|following',
);
const COMPARISONS = wordsLike(
  'more|less|most|fewer|greater|larger|smaller|higher|lower|increase|decrease|percent|total|remaining|left|difference|average|ratio|rate',
);
const SYMBOLS = new Set(codesOf('+-*/^=<>%$\\{}[]|_()'));
const QUOTES = new Set(codesOf('"“\'`'));
const OPTIONS = /^[A-J][.)] ?(.*)$/gm;
const NUMERIC_OPTION = /^[\s$\-.\d%/^()xyn+=,]+$/;

/** Each about 0 to 1. Their order is that of the learned weights: a new one makes training again necessary. */
export function signsOf(text: string): number[] {
  const length = text.length || 1;
  const words = text.match(/\p{L}+/gu) ?? [];
  const wordCount = words.length || 1;
  const numbers = text.match(/\d[\d.,]*/g) ?? [];
  const signs = tally(text);
  const sentences = Math.max(1, count(text, /[.!?]+(?:\s|$)/g) + signs.lines);
  const options = [...text.matchAll(OPTIONS)].map((match) => match[1] ?? '');
  const optionCount = options.length || 1;
  const log = Math.log1p(text.length);
  return [
    log / 10,
    (log * log) / 60,
    Math.log1p(wordCount) / 5,
    lengthOf(words) / wordCount / 8,
    (words.filter((word) => word.length >= 9).length / wordCount) * 3,
    (lengthOf(numbers) / length) * 10,
    Math.log1p(numbers.length) / 2,
    (signs.symbols / length) * 10,
    (signs.capitals / length) * 10,
    Math.log1p(sentences) / 2,
    Math.log(wordCount / sentences + 1) / 3,
    Math.min(3, count(text, NEGATIONS)) / 2,
    Math.log1p(count(text, CONDITIONS)) / 2,
    Math.log1p(count(text, COMPARISONS)) / 2,
    Math.min(3, signs.questions) / 2,
    Math.log1p(signs.lines) / 2,
    Math.min(options.length, 6) / 5,
    Math.log1p(lengthOf(options) / optionCount) / 4,
    options.filter((option) => NUMERIC_OPTION.test(option)).length / optionCount,
    (signs.quotes / length) * 20,
    /\\[a-z]+|\$/.test(text) ? 1 : 0,
    new Set(words.map((word) => word.toLowerCase())).size / wordCount,
    /_{2,}|\b_\b/.test(text) ? 1 : 0,
    /statement/i.test(text) ? 1 : 0,
  ];
}

/** One pass for what is single characters: matching them one by one costs most of the rest together. */
function tally(text: string) {
  const found = { symbols: 0, capitals: 0, questions: 0, lines: 0, quotes: 0 };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) continue;
    if (code >= 65 && code <= 90) found.capitals++;
    else if (code === 10) found.lines++;
    else if (code === 63) found.questions++;
    else if (SYMBOLS.has(code)) found.symbols++;
    else if (QUOTES.has(code)) found.quotes++;
  }
  return found;
}

function codesOf(characters: string): number[] {
  return Array.from(characters, (character) => character.charCodeAt(0));
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
