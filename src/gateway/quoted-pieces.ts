// withoutPieces: a message without what it quotes of texts: however it is escaped and spaced, and in pieces that stand in their order.
import { bareText } from './bare-text.ts';

export const QUOTED = '[text of the request]';

/** A shorter run is a name, a number or a turn of phrase. */
export const MIN_RUN = 24;
/** A text of its own that is quoted whole. */
const MIN_WHOLE = 8;
/** Of a piece, without blanks. */
const WINDOW = 6;
/** Of a piece beside which something is left out. */
const MIN_LOOSE = 8;
/** Between two pieces: of the text that is left out, and of the message. */
const MAX_LEFT_OUT = 32;
const MAX_BETWEEN = 64;
/** What of it is quoted all the same. */
const MIN_REST = 3;
/** Pieces that another may go on from. */
const MAX_RECENT = 64;
/** So many comparisons at most, of a character each. */
const MAX_LOOKS = 8_000_000;
const FACTOR = 0x01000193;
const LAST_FACTOR = Array.from({ length: WINDOW }).reduce<number>((f) => Math.imul(f, FACTOR), 1);
const SLOTS = 1 << 16;

export interface QuotableText {
  readonly text: string;
  /** Whether it is replaced where it is quoted whole, short as it is. */
  readonly whole: boolean;
}

/** Places of the message and of the texts, both as bare text. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly textFrom: number;
  readonly textTo: number;
  /** With those it goes on from, in characters as they were meant. */
  readonly total: number;
  readonly before: Piece | null;
}

class BareMessage {
  readonly codes: number[] = [];
  /** Where each stands in the message. */
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly #meant: number[] = [];
  readonly #length: number;
  readonly places = new Map<number, number[]>();
  readonly slots = new Uint8Array(SLOTS);

  constructor(message: string) {
    this.#length = bareText(message, (code, from, to, meant) => {
      this.codes.push(code);
      this.from.push(from);
      this.to.push(to);
      this.#meant.push(meant);
    });
    let hash = 0;
    for (const [at, code] of this.codes.entries()) {
      hash = rolled(hash, code, this.codes[at - WINDOW] ?? 0);
      if (at < WINDOW - 1) continue;
      const places = this.places.get(hash);
      if (places === undefined) this.places.set(hash, [at - WINDOW + 1]);
      else places.push(at - WINDOW + 1);
      this.slots[hash >>> 16] = 1;
    }
  }

  /** As it was meant, with the blanks around it. */
  span(from: number, to: number): number {
    const before = from === 0 ? -1 : (this.#meant[from - 1] ?? 0);
    return (this.#meant[to] ?? this.#length) - before - 1;
  }

  /** Not in the midst of a word. */
  standsAlone(from: number, to: number): boolean {
    return !this.#isWord(from - 1, from) && !this.#isWord(to - 1, to);
  }

  #isWord(left: number, right: number): boolean {
    const [a, b] = [this.codes[left], this.codes[right]];
    if (a === undefined || b === undefined) return false;
    if ((this.#meant[right] ?? 0) - (this.#meant[left] ?? 0) > 1) return false;
    return /^[\p{L}\p{N}]{2}$/u.test(String.fromCharCode(a, b));
  }
}

function rolled(hash: number, code: number, gone: number): number {
  return (Math.imul(hash, FACTOR) + code - Math.imul(gone, LAST_FACTOR)) | 0;
}

/** The texts one after another, as bare text. */
interface BareTexts {
  readonly codes: Uint16Array;
  /** Where those begin and end that are replaced where they are quoted whole. */
  readonly wholes: readonly { readonly from: number; readonly to: number }[];
}

function bareTexts(texts: readonly QuotableText[]): BareTexts {
  const codes = new Uint16Array(texts.reduce((sum, { text }) => sum + text.length, 0));
  const wholes: { from: number; to: number }[] = [];
  let length = 0;
  for (const { text, whole } of texts) {
    const from = length;
    bareText(text, (code) => {
      codes[length] = code;
      length += 1;
    });
    const isShort = text.length < 2 * MIN_RUN && text.trim().length >= MIN_WHOLE;
    if (whole && isShort && length - from >= WINDOW) wholes.push({ from, to: length });
  }
  return { codes: codes.subarray(0, length), wholes };
}

/** Linear in the texts. */
export function withoutPieces(message: string, texts: readonly QuotableText[]): string {
  if (message.length < MIN_WHOLE) return message;
  const bare = new BareMessage(message);
  const quoted = new Uint8Array(message.length);
  const search = new PieceSearch(bare, bareTexts(texts), quoted);
  // Rules and repetitions without end: what cannot be looked through is not kept.
  return search.run() ? blotted(message, quoted) : QUOTED;
}

class PieceSearch {
  readonly #message: BareMessage;
  readonly #texts: BareTexts;
  readonly #quoted: Uint8Array;
  #recent: Piece[] = [];
  #looks = 0;
  #nextWhole = 0;

  constructor(message: BareMessage, texts: BareTexts, quoted: Uint8Array) {
    this.#message = message;
    this.#texts = texts;
    this.#quoted = quoted;
  }

  /** False: it takes too long. */
  run(): boolean {
    const { codes } = this.#texts;
    const { slots, places } = this.#message;
    let hash = 0;
    for (let at = 0; at < codes.length; at += 1) {
      hash = rolled(hash, codes[at] ?? 0, codes[at - WINDOW] ?? 0);
      if (at < WINDOW - 1 || slots[hash >>> 16] === 0) continue;
      for (const place of places.get(hash) ?? []) {
        this.#found(place, at - WINDOW + 1);
        if (this.#looks > MAX_LOOKS) return false;
      }
    }
    return true;
  }

  #found(from: number, textFrom: number): void {
    const { codes } = this.#message;
    const text = this.#texts.codes;
    this.#looks += 1;
    // The midst of a piece that was found before.
    if (from > 0 && textFrom > 0 && codes[from - 1] === text[textFrom - 1]) return;
    let length = 0;
    while (from + length < codes.length && codes[from + length] === text[textFrom + length])
      length += 1;
    this.#looks += length;
    if (length < WINDOW) return;
    const [to, textTo] = [from + length, textFrom + length];
    const before = this.#before(from, textFrom, length);
    const total = this.#message.span(from, to) + (before?.total ?? 0);
    const piece = { from, to, textFrom, textTo, total, before };
    this.#recent.push(piece);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
    if (total >= MIN_RUN) this.#markAll(piece);
    else this.#markWholes(piece);
  }

  /** The piece that this one goes on from, in the text as in the message. */
  #before(from: number, textFrom: number, length: number): Piece | null {
    let best: Piece | null = null;
    for (const piece of this.#recent) {
      this.#looks += 1;
      const between = from - piece.to;
      const leftOut = textFrom - piece.textTo;
      if (between < 0 || between > MAX_BETWEEN || leftOut < 0 || leftOut > MAX_LEFT_OUT) continue;
      const shorter = Math.min(length, piece.to - piece.from);
      if (leftOut > 2 && shorter < MIN_LOOSE) continue;
      if (best === null || piece.total > best.total) best = piece;
    }
    return best;
  }

  #markAll(last: Piece): void {
    for (let piece: Piece | null = last; piece !== null; piece = piece.before) {
      this.#looks += 1;
      this.#mark(piece.from, piece.to);
      if (piece.before !== null) this.#markRest(piece.before, piece);
    }
  }

  /** What is too short to be a piece, between two. */
  #markRest(left: Piece, right: Piece): void {
    const text = String.fromCharCode(...this.#texts.codes.subarray(left.textTo, right.textFrom));
    const message = String.fromCharCode(...this.#message.codes.slice(left.to, right.from));
    let at = 0;
    while (at < message.length) {
      let length = 0;
      while (at + length < message.length && text.includes(message.slice(at, at + length + 1)))
        length += 1;
      if (length >= MIN_REST) this.#mark(left.to + at, left.to + at + length);
      at += Math.max(1, length);
    }
  }

  #markWholes({ from, textFrom, textTo }: Piece): void {
    const { wholes } = this.#texts;
    // Pieces come by where they begin in the texts.
    while ((wholes[this.#nextWhole]?.from ?? textFrom) < textFrom) this.#nextWhole += 1;
    for (let at = this.#nextWhole; (wholes[at]?.to ?? Infinity) <= textTo; at += 1) {
      const whole = wholes[at];
      if (whole === undefined) return;
      const [begin, end] = [from + whole.from - textFrom, from + whole.to - textFrom];
      if (this.#message.standsAlone(begin, end)) this.#mark(begin, end);
    }
  }

  #mark(from: number, to: number): void {
    this.#quoted.fill(1, this.#message.from[from], this.#message.to[to - 1]);
  }
}

function blotted(message: string, quoted: Uint8Array): string {
  if (!quoted.includes(1)) return message;
  let told = '';
  for (let at = 0; at < message.length; at++) {
    if (quoted[at] === 0) told += message[at];
    else if (at === 0 || quoted[at - 1] === 0) told += QUOTED;
  }
  return told;
}
