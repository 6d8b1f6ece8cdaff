// A prompt cut into words: contractions written out, numbers, units and identifiers each as one.

export interface Word {
  /** Lower case, but for flags and escapes: -v is not -V. */
  readonly text: string;
  /** Written with a capital where English asks for none, in capitals, or no English word at all. */
  readonly isName: boolean;
  /** An identifier: parseArgs is not parseArg. */
  readonly isExact?: boolean;
  /** A comma follows. */
  readonly pauses?: boolean;
}

const OPENING = /^["'“‘«([{¿¡]+/;
const CLOSING = /["'”’»)\]}.,;:!?…]+$/;
const ENDS_SENTENCE = /[.!?:][)"'”’]*$/;
const LETTERS = /^\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*(?:[-‐–]\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*)*$/u;
const AMOUNT = /^([-+−]?)([$€£¥₹]?)([-+−]?)(\d[\d,]*(?:\.\d+)?)(%|°[cf]?|[$€£¥₹]|[a-z]{1,5}\d?)?$/i;
const RANGE = /^(\d+(?:\.\d+)?)[-–](\d+(?:\.\d+)?)$/;
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];
const SIGNS: { readonly [sign: string]: string } = {
  $: 'usd',
  '€': 'eur',
  '£': 'gbp',
  '¥': 'jpy',
  '₹': 'inr',
  '%': 'percent',
  '°': 'degree',
  '°c': 'celsius',
  '°f': 'fahrenheit',
};
const SHORT: { readonly [word: string]: string } = {
  "can't": 'can not',
  cannot: 'can not',
  cant: 'can not',
  dont: 'do not',
  doesnt: 'does not',
  didnt: 'did not',
  isnt: 'is not',
  wont: 'not',
  "won't": 'not',
  "shan't": 'shall not',
  "ain't": 'is not',
  "let's": 'let us',
  im: 'i am',
  ive: 'i have',
  whats: 'what is',
  hows: 'how is',
  wheres: 'where is',
  whos: 'who is',
  wanna: 'want to',
  gonna: 'going to',
  gotta: 'got to',
  pls: 'please',
  plz: 'please',
  thx: 'thanks',
};
const OWNERS = /^(?:what|who|where|when|how|why|that|it|he|she|there|here)$/;

export function wordsOf(text: string): Word[] {
  const out: Word[] = [];
  let starts = true;
  const shouts = !/\p{Ll}/u.test(text);
  for (const chunk of text.normalize('NFKC').split(/\s+/)) {
    if (chunk === '') continue;
    const bare =
      chunk.replace(OPENING, '').replace(CLOSING, '') || chunk.replace(/[?!.,;:'"]+/g, '');
    if (bare !== '') pushChunk(out, bare.replace(/[’‘]/g, "'"), starts, shouts);
    starts = ENDS_SENTENCE.test(chunk);
    const last = out.at(-1);
    if (last !== undefined && chunk.endsWith(',')) out[out.length - 1] = { ...last, pauses: true };
  }
  return out;
}

function pushChunk(out: Word[], chunk: string, starts: boolean, shouts: boolean): void {
  if (LETTERS.test(chunk)) {
    for (const part of chunk.split(/[-‐–]/)) pushLetters(out, part, starts, shouts);
    return;
  }
  const slash = /^(\p{L}{3,})\/(\p{L}{3,})$/u.exec(chunk);
  if (slash) {
    pushLetters(out, slash[1] ?? '', starts, shouts);
    pushLetters(out, slash[2] ?? '', starts, shouts);
    return;
  }
  const aged = /^(\d+(?:\.\d+)?)[-‐](\p{L}+(?:[-‐]\p{L}+)*)$/u.exec(chunk);
  if (aged) {
    out.push(plain(aged[1] ?? ''));
    pushChunk(out, aged[2] ?? '', false, shouts);
    return;
  }
  const range = RANGE.exec(chunk);
  if (range) {
    out.push(plain(range[1] ?? ''), plain('to'), plain(range[2] ?? ''));
    return;
  }
  const amount = AMOUNT.exec(chunk);
  if (amount) pushAmount(out, amount);
  else if (SIGNS[chunk.toLowerCase()] !== undefined)
    out.push(plain(SIGNS[chunk.toLowerCase()] ?? ''));
  else if (chunk === '&') out.push(plain('and'));
  else if (!/^[-–—]+$/.test(chunk) || isNumber(out.at(-1)?.text ?? '')) {
    const text = /^[-\\]/.test(chunk) ? chunk : chunk.toLowerCase();
    out.push({ text, isName: true, isExact: true });
  }
}

function pushLetters(out: Word[], part: string, starts: boolean, shouts: boolean): void {
  const capital = /^\p{Lu}/u.test(part);
  const inner = /\p{Lu}/u.test(part.slice(1));
  // A lone I is the pronoun.
  const isName = part.length > 1 && !shouts && (inner || (capital && !starts));
  const lower = part.toLowerCase();
  const long = SHORT[lower] ?? writtenOut(lower);
  const isExact = inner && !shouts;
  // APIs are more than one API.
  if (/^\p{Lu}{2,}s$/u.test(part)) out.push({ text: lower.slice(0, -1), isName: true });
  else if (isExact && long === lower) out.push({ text: long, isName: true, isExact });
  else
    for (const word of long.split(' ')) out.push({ text: word, isName: isName && long === lower });
}

function writtenOut(word: string): string {
  const at = word.indexOf("'");
  if (at < 0) return word;
  const first = word.slice(0, at);
  switch (word.slice(at + 1)) {
    case 't':
      return `${first.endsWith('n') ? first.slice(0, -1) : first} not`;
    case 'm':
      return `${first} am`;
    case 're':
      return `${first} are`;
    case 've':
      return `${first} have`;
    case 'll':
      return `${first} will`;
    case 'd':
      return `${first} would`;
    case 's':
      return OWNERS.test(first) ? `${first} is` : first;
    default:
      return word.endsWith("'") ? first : word;
  }
}

function pushAmount(out: Word[], amount: RegExpExecArray): void {
  const [, before = '', sign = '', after = '', digits = '', unit = ''] = amount;
  const lower = unit.toLowerCase();
  const isOrdinal = /^(?:st|nd|rd|th)$/.test(lower);
  const minus = /[-−]/.test(before + after) ? '-' : '';
  // 3.10 is not 3.1 where it is a version: only what groups thousands goes.
  const number = digits.replace(/,(?=\d{3})/g, '').replace(/,+$/, '');
  if (isOrdinal) {
    out.push(plain(ORDINALS[Number(number)] ?? `${number}th`));
    return;
  }
  if (
    /^[a-z]+$/.test(lower) &&
    !/^(?:k?m|k?g|[cm]m|lbs?|mi|ft|in|oz|ml|l|[kmgt]b|h|hrs?|min|s|ms|c|f)$/.test(lower)
  ) {
    out.push(plain(`${minus}${number}${lower}`));
    return;
  }
  out.push(plain(`${minus}${number}`));
  const named = sign || lower;
  if (named !== '') out.push(plain(SIGNS[named] ?? (named === 'in' ? 'inch' : named)));
}

function isNumber(text: string): boolean {
  return /^[-+]?\d/.test(text);
}

function plain(text: string): Word {
  return { text, isName: false };
}
