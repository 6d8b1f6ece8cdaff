// withoutQuotes: an exchange whose error messages do not repeat what the request said. Providers quote it; the log keeps no prompts.
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { MIN_RUN, type QuotableText, withoutPieces } from './quoted-pieces.ts';

/** So much of a request is looked at; a message is 2000 characters at most (lib/scrub.ts). */
const MAX_CHARS = 4 * 1024 * 1024;
/** So long without a space it is a file, not a text. */
const MAX_WORD = 4096;
const NO_BLANK = /^[\x21-\x7e]*$/;
/** Names an error has to tell. */
const NAMES: ReadonlySet<string> = new Set(['model', 'models', 'ignore', 'provider', 'fallback']);
/** Short ones under these are words of the protocol and names of tools. */
const WORDS: ReadonlySet<string> = new Set([
  ...['type', 'role', 'name', 'id', 'object', 'detail', 'format', 'status', 'tool_choice'],
  ...['call_id', 'tool_call_id', 'tool_use_id', 'media_type', 'service_tier', 'effort'],
]);
/** What stands under these is what somebody says, however short. */
const SPEECH: ReadonlySet<string> = new Set([
  ...['content', 'text', 'input', 'prompt', 'system', 'instructions', 'query', 'suffix'],
  ...['arguments', 'output', 'parts', 'contents', 'system_instruction', 'documents', 'thinking'],
]);

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
    const text = known.get(message) ?? withoutPieces(message, texts);
    known.set(message, text);
    return text;
  };
  return {
    ...exchange,
    errorMessage: blotted(errorMessage),
    attempts: attempts.map((attempt) => ({ ...attempt, message: blotted(attempt.message) })),
  };
}

/** In their order: what is quoted in pieces is known by it. Where there is no room for all, what was said last is what is quoted. */
function textsOf(request: JsonObject): readonly QuotableText[] {
  const texts: QuotableText[] = [];
  const room = { left: MAX_CHARS };
  for (const [name, value] of Object.entries(request)) {
    if (NAMES.has(name)) continue;
    const parts = Array.isArray(value) ? value.toReversed() : [value];
    const found = parts.map((part) => {
      const inPart: QuotableText[] = [];
      take(inPart, room, part, name, SPEECH.has(name));
      return inPart;
    });
    for (const inPart of found.reverse()) for (const text of inPart) texts.push(text);
  }
  return texts;
}

function take(
  texts: QuotableText[],
  room: { left: number },
  value: Json | undefined,
  under: string,
  isSpeech: boolean,
): void {
  if (room.left <= 0) return;
  if (typeof value === 'string') {
    if (isFile(value) || (WORDS.has(under) && value.length < MIN_RUN)) return;
    texts.push({ text: value.slice(0, room.left), whole: isSpeech });
    room.left -= value.length;
  } else if (Array.isArray(value))
    for (const item of value) take(texts, room, item as Json, under, isSpeech);
  else if (value !== null && typeof value === 'object')
    for (const [name, member] of Object.entries(value)) {
      // The fields of a shape that is asked for are the caller's words too.
      if (name.length >= MIN_RUN) take(texts, room, name, '', false);
      take(texts, room, member, name, SPEECH.has(name));
    }
}

function isFile(text: string): boolean {
  return text.length > MAX_WORD && NO_BLANK.test(text.slice(0, MAX_WORD));
}

/** A provider's error without what a router put to the request: that is the operator's, and nothing of it the caller's to read. */
export function withoutPut(error: GatewayError, texts: readonly string[]): GatewayError {
  const put = texts.map((text) => ({ text, whole: false }));
  const clean = (part: string) => withoutPieces(part, put);
  const message = clean(error.message);
  const { param } = error.details;
  if (message === error.message && (param === undefined || clean(param) === param)) return error;
  const details = param === undefined ? error.details : { ...error.details, param: clean(param) };
  return new GatewayError(error.code, message, details);
}
