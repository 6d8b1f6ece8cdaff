// Server-sent events: text in any pieces → whole frames, each with its exact source text so it can be passed on unchanged.
//
// Own parser, not eventsource-parser: a frame that passes through must leave as it came (`raw`), which an event-level
// parser does not keep; that library is the oracle in the tests, which split every input at every offset.
import { isObject, type JsonObject } from './json.ts';

/** One event. `data` joins several data lines with \n, as the standard says. */
export class SseFrame {
  readonly event: string | null;
  readonly data: string;
  /** The frame as it came, with its closing blank line. */
  readonly raw: string;
  #json: JsonObject | null | undefined;

  constructor(event: string | null, data: string, raw: string) {
    this.event = event;
    this.data = data;
    this.raw = raw;
  }

  /** The data as a JSON object; undefined where it is not one. Parsed once. */
  get json(): JsonObject | undefined {
    if (this.#json === undefined) this.#json = parseObject(this.data);
    return this.#json ?? undefined;
  }
}

function parseObject(data: string): JsonObject | null {
  // Most non-JSON payloads ("[DONE]") are told by their first character, without a throw.
  if (data.charCodeAt(0) !== 0x7b && data.trimStart().charCodeAt(0) !== 0x7b) return null;
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The text of a frame. `data` must hold no line break (JSON text never does). */
export function sseText(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

const LF = 10;
const CR = 13;

/** Accepts text in any pieces. Comments and frames without data are dropped; BOM, LF, CR and CRLF are understood. */
export class SseParser {
  #rest = '';
  #started = false;
  readonly #maxChars: number;

  /** @param maxChars an unfinished frame longer than this throws a RangeError: nobody streams such a frame in good faith. */
  constructor(maxChars = 16 * 1024 * 1024) {
    this.#maxChars = maxChars;
  }

  push(text: string): SseFrame[] {
    if (this.#started && !text.includes('\n') && !text.includes('\r')) {
      // No frame can end here: a long frame that comes in many pieces is joined once, not scanned again for each.
      this.#rest += text;
      this.#limit();
      return [];
    }
    let buffer = this.#rest === '' ? text : this.#rest + text;
    if (!this.#started && buffer.length > 0) {
      this.#started = true;
      if (buffer.charCodeAt(0) === 0xfeff) buffer = buffer.slice(1);
    }
    const frames: SseFrame[] = [];
    const plain = !buffer.includes('\r');
    let start = 0;
    for (;;) {
      const end = plain ? frameEndLf(buffer, start) : frameEnd(buffer, start);
      if (end === -1) break;
      const raw = buffer.slice(start, end);
      const frame = (plain ? oneLineFrame(raw) : null) ?? parseFrame(raw);
      if (frame) frames.push(frame);
      start = end;
    }
    this.#rest = start === 0 ? buffer : buffer.slice(start);
    this.#limit();
    return frames;
  }

  /** The last frame, where the stream ended without its closing blank line. */
  end(): SseFrame[] {
    const rest = this.#rest;
    this.#rest = '';
    const frame = rest === '' ? null : parseFrame(rest);
    return frame ? [frame] : [];
  }

  #limit(): void {
    if (this.#rest.length > this.#maxChars) throw new RangeError('server-sent event too long');
  }
}

/** `frameEnd` for text without CR, which is nearly all there is: one search instead of two a line. */
function frameEndLf(buffer: string, start: number): number {
  if (buffer.charCodeAt(start) === LF) return start + 1;
  const end = buffer.indexOf('\n\n', start);
  return end === -1 ? -1 : end + 2;
}

/** Index just past the blank line that ends the frame at `start`; -1 while it is not all there. */
function frameEnd(buffer: string, start: number): number {
  let at = start;
  for (;;) {
    const line = lineEnd(buffer, at);
    if (line === -1) return -1;
    if (line === at) return afterBreak(buffer, line);
    at = afterBreak(buffer, line);
    if (at === -1) return -1;
  }
}

/** Index of the line break that ends the line at `from`, or -1. */
function lineEnd(buffer: string, from: number): number {
  const lf = buffer.indexOf('\n', from);
  const cr = buffer.indexOf('\r', from);
  if (lf === -1) return cr;
  return cr === -1 || lf < cr ? lf : cr;
}

/** Index after the break at `index`; -1 where a CR stands last and its LF may still come. */
function afterBreak(buffer: string, index: number): number {
  if (buffer.charCodeAt(index) === LF) return index + 1;
  if (index + 1 === buffer.length) return -1;
  return buffer.charCodeAt(index + 1) === LF ? index + 2 : index + 1;
}

/** `parseFrame` for a single line of data that ends with LF, as nearly all frames are; null for any other. */
function oneLineFrame(raw: string): SseFrame | null {
  const end = raw.length - 2;
  if (!raw.startsWith('data: ') || raw.indexOf('\n') !== end) return null;
  return new SseFrame(null, raw.slice(6, end), raw);
}

function parseFrame(raw: string): SseFrame | null {
  let event: string | null = null;
  let data: string | null = null;
  let at = 0;
  while (at < raw.length) {
    let end = lineEnd(raw, at);
    if (end === -1) end = raw.length;
    if (raw.startsWith('data:', at)) {
      const value = raw.slice(raw.charCodeAt(at + 5) === 32 ? at + 6 : at + 5, end);
      data = data === null ? value : `${data}\n${value}`;
    } else if (raw.startsWith('event:', at)) {
      event = raw.slice(raw.charCodeAt(at + 6) === 32 ? at + 7 : at + 6, end);
    } else if (raw.startsWith('data', at) && end === at + 4) {
      data = data === null ? '' : `${data}\n`;
    }
    at = end + 1;
    if (raw.charCodeAt(end) === CR && raw.charCodeAt(end + 1) === LF) at = end + 2;
  }
  return data === null ? null : new SseFrame(event, data, raw);
}
