// withoutQuotes: an exchange whose error messages do not repeat what the request said. Providers quote it; the log keeps no prompts.
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Json, JsonObject } from '../lib/json.ts';

export const QUOTED = '[text of the request]';

/** A shorter run is a name, a number or a turn of phrase. */
const MIN_RUN = 24;
/** Every run of MIN_RUN holds one such block that begins at a multiple of its length: only those are looked up. */
const BLOCK = MIN_RUN / 2;
/** So much of a request is looked at; a message is 2000 characters at most (lib/scrub.ts). */
const MAX_CHARS = 4 * 1024 * 1024;
/** So many comparisons at most, each of a few characters as a rule. */
const MAX_LOOKS = 500_000;
/** So long without a space it is a file, not a text. */
const MAX_WORD = 4096;
/** Names an error has to tell. */
const NAMES: ReadonlySet<string> = new Set(['model', 'models', 'ignore', 'provider', 'fallback']);

/** Costs nothing where nothing failed. */
export function withoutQuotes(exchange: Exchange, request: JsonObject | null): Exchange {
  const { errorMessage, attempts } = exchange;
  if (request === null) return exchange;
  if (errorMessage === null && attempts.every(({ message }) => message === null)) return exchange;
  const texts = textsOf(request);
  // The last attempt's message is most often the request's own.
  const known = new Map<string, string>();
  const blotted = (message: string | null) => {
    if (message === null) return null;
    const text = known.get(message) ?? withoutRuns(message, texts);
    known.set(message, text);
    return text;
  };
  return {
    ...exchange,
    errorMessage: blotted(errorMessage),
    attempts: attempts.map((attempt) => ({ ...attempt, message: blotted(attempt.message) })),
  };
}

function textsOf(request: JsonObject): readonly string[] {
  const texts: string[] = [];
  let left = MAX_CHARS;
  const take = (value: Json | undefined): void => {
    if (left <= 0) return;
    if (typeof value === 'string') {
      if (value.length < MIN_RUN || isFile(value)) return;
      texts.push(value.slice(0, left));
      left -= value.length;
    } else if (Array.isArray(value)) for (const item of value) take(item as Json);
    else if (value !== null && typeof value === 'object')
      for (const [name, member] of Object.entries(value)) {
        // The fields of a shape that is asked for are the caller's words too.
        take(name);
        take(member);
      }
  };
  // What was said last is what is quoted.
  for (const [name, value] of Object.entries(request))
    if (!NAMES.has(name)) take(Array.isArray(value) ? value.toReversed() : value);
  return texts;
}

function isFile(text: string): boolean {
  return text.length > MAX_WORD && !/\s/.test(text.slice(0, MAX_WORD));
}

/** A provider's error without what a router put to the request: that is the operator's, and nothing of it the caller's to read. */
export function withoutPut(error: GatewayError, texts: readonly string[]): GatewayError {
  const clean = (part: string) => withoutRuns(part, texts);
  const message = clean(error.message);
  const { param } = error.details;
  if (message === error.message && (param === undefined || clean(param) === param)) return error;
  const details = param === undefined ? error.details : { ...error.details, param: clean(param) };
  return new GatewayError(error.code, message, details);
}

/** The message with every run of MIN_RUN characters and more that stands in the texts replaced. */
export function withoutRuns(message: string, texts: readonly string[]): string {
  if (message.length < MIN_RUN) return message;
  const blocks = new Map<string, Set<number>>();
  for (let at = 0; at + BLOCK <= message.length; at++) {
    const block = message.slice(at, at + BLOCK);
    blocks.set(block, (blocks.get(block) ?? new Set()).add(at));
  }
  const quoted = new Uint8Array(message.length);
  let looks = 0;
  for (const text of texts)
    for (let at = 0; at + BLOCK <= text.length; at += BLOCK) {
      const places = blocks.get(text.slice(at, at + BLOCK));
      if (places === undefined) continue;
      looks += places.size;
      // Rules and blanks without end: what cannot be looked through is not kept.
      if (looks > MAX_LOOKS) return QUOTED;
      for (const place of places) markRun(message, place, text, at, quoted);
      for (const place of places)
        if (quoted.subarray(place, place + BLOCK).every((mark) => mark === 1)) places.delete(place);
    }
  return blotted(message, quoted);
}

function markRun(message: string, place: number, text: string, at: number, quoted: Uint8Array) {
  let before = 0;
  while (isSame(message, place - before - 1, text, at - before - 1)) before++;
  let after = BLOCK;
  while (isSame(message, place + after, text, at + after)) after++;
  if (before + after >= MIN_RUN) quoted.fill(1, place - before, place + after);
}

function isSame(message: string, place: number, text: string, at: number): boolean {
  return place >= 0 && at >= 0 && place < message.length && message[place] === text[at];
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
