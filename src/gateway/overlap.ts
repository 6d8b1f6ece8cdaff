// Overlap: where the words of a model that goes on with another's answer begin to be new. What it says again is cut.
import { SeamBlanks } from './seam-blanks.ts';
import {
  beginsWord,
  countWords,
  isBlank,
  isHighSurrogate,
  isWordAt,
  lastWords,
  wholeCharacters,
} from './seam-words.ts';
import { TailMatch } from './tail-match.ts';

/** How a model was asked to go on: from nothing, from the beginning of its own answer, or by a request in words. */
export type ContinuationStyle = 'fresh' | 'prefill' | 'prompt';

/** A native continuation seldom repeats itself, and "had had" is English: only this much said again is no accident. */
const PREFILL_WORDS = 3;
const PREFILL_CHARS = 16;
/** So much before a repetition tells whether the text goes round. */
const ROUND_CHARS = 16;
/** A common word or figure; a symbol is as often one of many alike. */
const PLAIN_WORD = /^[\p{L}\p{N}]+\p{P}*$/u;
/** A shorter word may also be the beginning of another. */
const SURE_CHARS = 3;

const RETURN = 0x0d;

/**
 * Text of the continuation in, text to show out, the same however it is cut into pieces. Nothing is held back for longer
 * than it may still be a repetition; the time is linear in what was delivered and what comes. It compares with line ends
 * of either kind alike, and cuts only what repeats what was delivered (but for blanks before the words asked for).
 */
export class Overlap {
  readonly #style: ContinuationStyle;
  readonly #match: TailMatch;
  /** What the continuation was asked to begin with; empty: nothing. */
  readonly #quote: string;
  /** What was delivered behind the last word, and of that what was not sent. */
  readonly #tail: string;
  readonly #unsent: string;
  #state: 'matching' | 'peeking' | 'seam' | 'passing' = 'matching';
  /** What came, as it came, while nothing is decided. */
  #held: string[] = [];
  /** Blanks before its first word. */
  #blanks = '';
  /** Before which of its characters there were carriage returns. */
  readonly #returns: number[] = [];
  #quoted = true;
  #cut = 0;
  #isOther = false;
  /** The character after what came, where that has to be known. */
  #next = '';
  #seam: SeamBlanks | null = null;
  /** Half a character, until its other half comes. */
  #half = '';

  constructor(delivered: string, style: ContinuationStyle, sent: string) {
    this.#style = style;
    const whole = wholeCharacters(delivered);
    const core = whole.trimEnd();
    this.#tail = delivered.slice(core.length);
    this.#unsent = style === 'prompt' ? delivered.slice(whole.length) : this.#tail;
    const said = plain(core);
    const shown = plain(sent.trimEnd());
    this.#match = new TailMatch(shown.endsWith(said) ? shown : said);
    this.#quote = style === 'prompt' ? plain(lastWords(delivered)) : '';
    if (said === '' || style === 'fresh') this.#newFrom(this.#unsent);
  }

  /**
   * True where a model that was asked in words began as the whole did and then said something else: another answer, not the
   * rest of this one. Known before any of it is returned by `push` or `end`, which return it nonetheless.
   */
  get isAnotherAnswer(): boolean {
    return this.#isOther;
  }

  push(text: string): string {
    switch (this.#state) {
      case 'matching':
      case 'peeking':
        return this.#matching(text);
      case 'seam':
        return this.#pass(this.#joined(text));
      case 'passing':
        return this.#pass(text);
    }
  }

  /** What was held back. Nothing more will come. */
  end(): string {
    let rest = '';
    if (this.#state === 'matching' || this.#state === 'peeking') {
      this.#match.end();
      rest = this.#isUnfinished() ? '' : this.#decided(this.#accepted());
    }
    if (this.#state === 'seam') rest += this.#seam?.end() ?? '';
    rest += this.#half;
    this.#half = '';
    this.#state = 'passing';
    return rest;
  }

  #matching(text: string): string {
    this.#held.push(text);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === RETURN) {
        this.#returns.push(this.#match.length);
        continue;
      }
      if (this.#style === 'prompt' && this.#match.length === 0 && isBlank(code)) {
        this.#blanks += text.charAt(at);
        continue;
      }
      if (this.#feed(code)) return this.#decided(this.#cut);
    }
    return '';
  }

  /** True when it is known how much of the beginning is a repetition: `#cut`. */
  #feed(code: number): boolean {
    const { length } = this.#match;
    if (this.#state === 'peeking') {
      this.#next = String.fromCharCode(code);
      this.#cut = this.#accepted();
      return true;
    }
    const done = this.#match.push(code);
    if (this.#quoted && this.#quote !== '' && this.#quote.charCodeAt(length) === code) {
      this.#cut = length + 1;
      if (this.#cut === this.#quote.length) return true;
    } else this.#quoted = false;
    if (!done) return false;
    // Whether a short word was said whole, the character after it tells.
    if (
      this.#match.overlap === this.#match.length &&
      this.#match.overlap < SURE_CHARS &&
      this.#style === 'prompt'
    ) {
      this.#state = 'peeking';
      return false;
    }
    this.#cut = this.#accepted();
    return true;
  }

  /** How many characters are a repetition, of those that are equal. */
  #accepted(): number {
    const { text } = this.#match;
    for (let overlap = this.#match.overlap; overlap > 0; overlap = this.#match.shorter(overlap)) {
      const at = text.length - overlap;
      if (!beginsWord(text, at)) continue;
      return this.#isRepetition(overlap, at) ? overlap : 0;
    }
    return 0;
  }

  #isRepetition(overlap: number, at: number): boolean {
    const { text } = this.#match;
    const between = plain(this.#tail) + this.#blanks;
    const words = countWords(text.slice(at), PREFILL_WORDS);
    if (this.#style !== 'prompt') return this.#isNoAccident(overlap, at, words, between);
    if (this.#goesRound(overlap, at, between)) return false;
    if (words === 0)
      return (
        overlap > SURE_CHARS && this.#isSaidOnce(at) && !this.#match.isRounds(overlap, between)
      );
    return between === '' ? this.#isSaidTwice(overlap) : this.#isSaidAgain(overlap, at, words);
  }

  /** What came may as well be the next round of what is said over and over: before it, too, the text is as at its end. */
  #goesRound(overlap: number, at: number, between: string): boolean {
    const { text } = this.#match;
    if (this.#match.goesRound(overlap, between)) return true;
    const end = at - between.length;
    const before = text.slice(Math.max(0, end - ROUND_CHARS), Math.max(0, end));
    return before !== '' && text.slice(end, at) === between && text.endsWith(before);
  }

  /** Of a model that was given the beginning natively. */
  #isNoAccident(overlap: number, at: number, words: number, between: string): boolean {
    if (this.#match.isRounds(overlap, between)) return false;
    if (at === 0) return overlap >= SURE_CHARS;
    if (words < PREFILL_WORDS || overlap < PREFILL_CHARS) return false;
    return !this.#match.goesRound(overlap, between) && isWordAt(this.#match.text, at);
  }

  /** Without a blank at the seam: what goes straight on ends the last word, and would not begin it anew. */
  #isSaidTwice(overlap: number): boolean {
    if (overlap === 1) return !this.#isWordAfter(overlap);
    return overlap <= SURE_CHARS || !this.#match.isRounds(overlap, '');
  }

  /** With blanks there: it may be "had had", or one more of many that are alike. */
  #isSaidAgain(overlap: number, at: number, words: number): boolean {
    const between = plain(this.#tail) + this.#blanks;
    if (overlap < SURE_CHARS && words === 1 && this.#isWordAfter(overlap)) return false;
    // A blank that is missing at the end and comes first goes straight on.
    if (this.#tail === '') return at > 0 && this.#isSaidOnce(at);
    if (at === 0) return overlap >= SURE_CHARS && !this.#match.isRounds(overlap, between);
    return words > 1 || this.#isSaidOnce(at) || PLAIN_WORD.test(this.#match.text.slice(at));
  }

  #isSaidOnce(at: number): boolean {
    const { text } = this.#match;
    return text.indexOf(text.slice(at)) === at;
  }

  #isWordAfter(overlap: number): boolean {
    return isWordAt(this.#match.after(overlap) ?? this.#next, 0);
  }

  /** A repetition that broke off: of the words asked for, or of the whole from its first word. */
  #isUnfinished(): boolean {
    if (this.#style !== 'prompt') return false;
    const { length } = this.#match;
    if (this.#quoted)
      return length >= SURE_CHARS && countWords(this.#quote.slice(0, length), 1) === 1;
    return this.#match.beginning === length && this.#beginsAnew();
  }

  #beginsAnew(): boolean {
    const { beginning, text } = this.#match;
    return (
      beginning >= PREFILL_CHARS &&
      countWords(text.slice(0, beginning), PREFILL_WORDS) >= PREFILL_WORDS
    );
  }

  #decided(overlap: number): string {
    const came = this.#held.join('');
    this.#held = [];
    this.#isOther = overlap === 0 && this.#style === 'prompt' && this.#beginsAnew();
    this.#newFrom(overlap === 0 ? this.#unsent : this.#tail);
    if (overlap === 0) return this.push(came);
    const returns = this.#returns.filter((at) => at < overlap).length;
    return this.push(came.slice(this.#blanks.length + overlap + returns));
  }

  #newFrom(seam: string): void {
    this.#seam = seam === '' ? null : new SeamBlanks(seam);
    this.#state = seam === '' ? 'passing' : 'seam';
  }

  /** Without what of the seam is said again. */
  #joined(text: string): string {
    const rest = this.#seam?.newIn(text) ?? null;
    if (rest === null) return '';
    this.#state = 'passing';
    return rest;
  }

  /** A character is not shown by halves. */
  #pass(text: string): string {
    if (text === '') return '';
    const whole = this.#half + text;
    this.#half = isHighSurrogate(whole.charCodeAt(whole.length - 1)) ? whole.slice(-1) : '';
    return this.#half === '' ? whole : whole.slice(0, -1);
  }
}

/** With line ends of one kind. */
function plain(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r', '') : text;
}
