// W3C Trace Context: what a caller says of its trace, and what the providers behind us are told. https://www.w3.org/TR/trace-context/
//
// Our own span ids are made of the generation id (a UUIDv7, whose last 62 bits are chance), so nothing has to be kept of them.

/** Whose trace a request belongs to. */
export interface TraceParent {
  /** 32 hex digits, lower case. */
  readonly traceId: string;
  /** 16 hex digits, lower case: the caller's span. Null: the trace begins here. */
  readonly spanId: string | null;
  readonly sampled: boolean;
  /** Vendors' own notes, as they came. Null: none, or none that can be read. */
  readonly state: string | null;
  /** `traceparent` as the caller sent it. Null: it sent none. */
  readonly text: string | null;
  /** Spans of ours are exported into it, so there is one for those behind us to hang on. */
  readonly hasSpans: boolean;
}

/** The headers another is told of it by. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
/** Printable ASCII without comma and equals sign, not ending with a blank. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;
/** Whoever passes it on has to pass on 512 characters; nobody needs so many as this. */
const MAX_STATE_CHARS = 8192;

/** Null where the caller names no trace, or none that is well formed: then it is as if it had named none. */
export function readTraceParent(headers: Pick<Headers, 'get'>): TraceParent | null {
  const text = headers.get('traceparent');
  // Most requests have none, and pay for one look.
  if (text === null) return null;
  const parent = parseTraceparent(text);
  if (parent === null) return null;
  const state = readTraceState(headers.get('tracestate'));
  return { ...parent, state, text: text.trim(), hasSpans: false };
}

/** Version 00 as it is written; of later versions the part that every one of them begins with. */
export function parseTraceparent(
  text: string,
): Pick<TraceParent, 'traceId' | 'spanId' | 'sampled'> | null {
  // Blanks around a header's value are no part of it.
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(text.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (isZero(traceId) || isZero(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** As it came where it is well formed, else null: all of it counts or nothing. */
export function readTraceState(text: string | null): string | null {
  if (text === null || text.length > MAX_STATE_CHARS) return null;
  const seen = new Set<string>();
  for (const member of text.split(',')) {
    const trimmed = member.replace(/^[ \t]+|[ \t]+$/g, '');
    // Empty members are allowed, and none.
    if (trimmed === '') continue;
    const at = trimmed.indexOf('=');
    const key = trimmed.slice(0, Math.max(at, 0));
    if (!KEY.test(key) || !VALUE.test(trimmed.slice(at + 1)) || seen.has(key)) return null;
    seen.add(key);
  }
  return seen.size === 0 || seen.size > MAX_MEMBERS ? null : text;
}

/** The trace of a request whose caller named none: its generation id has the right size, and is as good as chance. */
export function traceIdOf(generationId: string): string {
  return generationId.replaceAll('-', '');
}

/** The span of the whole request: begins with 8, 9, a or b, as every UUID's third part but one does. */
export function requestSpanId(generationId: string): string {
  return traceIdOf(generationId).slice(16);
}

/** The span of one attempt, by its number from 1: begins with a digit below 8, so it is never the request's. */
export function attemptSpanId(generationId: string, attempt: number): string {
  const number = ((attempt - 1) % 127) + 1;
  return number.toString(16).padStart(2, '0') + requestSpanId(generationId).slice(2);
}

/** What a provider is told: the attempt it serves is its parent, where somebody gets to see that attempt. */
export function traceHeaders(
  parent: TraceParent,
  generationId: string,
  attempt: number,
): TraceHeaders | null {
  if (!parent.hasSpans) return passedOn(parent);
  const flags = parent.sampled ? '01' : '00';
  const traceparent = `00-${parent.traceId}-${attemptSpanId(generationId, attempt)}-${flags}`;
  return parent.state === null ? { traceparent } : { traceparent, tracestate: parent.state };
}

/** For a call that has no span of ours: what the caller said, unchanged. */
export function passedOn({ text, state }: TraceParent): TraceHeaders | null {
  if (text === null) return null;
  return state === null ? { traceparent: text } : { traceparent: text, tracestate: state };
}

function isZero(hex: string): boolean {
  return /^0+$/.test(hex);
}
