// Behaviour: everything a request can ask of the simulated provider, as one flat record. The words that set it: words.ts.

export type UsagePlace = 'vendor' | 'none' | 'late' | 'early' | 'with-delta' | 'every';
export type ReasoningField = 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'none';
export type ErrorShape = 'vendor' | 'object' | 'empty' | 'string' | 'detail' | 'array';

export interface Behaviour {
  // timing, in milliseconds
  ttftMs: number;
  /** Between two tokens; null: the server's default pace. */
  gapMs: number | null;
  /** A comment (OpenAI) or ping (Anthropic) this often while nothing else is sent. */
  keepaliveMs: number | null;
  /** What leaves before the wait for the first token. */
  firstChunks: 'none' | 'headers' | 'metadata';
  // the answer
  echo: boolean;
  say: string | null;
  tokens: number | null;
  /** Null: as the request asks. */
  reasoning: number | null;
  reasoningField: ReasoningField;
  redacted: boolean;
  tools: number;
  /** Characters of tool arguments in a delta; 0: all at once, with the call's name. */
  chunk: number;
  interleave: boolean;
  preface: boolean;
  json: boolean;
  refusal: boolean;
  finish: string | null;
  // usage and headers
  usage: UsagePlace;
  cacheRead: number;
  cacheWrite: number;
  ratelimit: number | null;
  headers: readonly (readonly [name: string, value: string])[];
  /** Fields the vendor does not know are refused. */
  strict: boolean;
  faults: Faults;
  bytes: Bytes;
}

/** Counts are content tokens sent before it happens; null: it does not happen. */
export interface Faults {
  status: number | null;
  /** A name of vendor-errors.ts, or any error type. */
  error: string | null;
  errorShape: ErrorShape;
  retryAfter: string | null;
  /** Only the first so many requests fail; null: all do. */
  times: number | null;
  /** 0: before the headers. */
  reset: number | null;
  stallHeaders: boolean;
  cut: number | null;
  eof: number | null;
  stall: number | null;
  /** Null: for ever. */
  stallMs: number | null;
  malformed: number | null;
  errorInStream: { readonly after: number; readonly error: string } | null;
  errorIn200: boolean;
  contentType: string | null;
  empty: boolean;
  junk: boolean;
}

/** How the bytes of a reply look. */
export interface Bytes {
  newline: '\n' | '\r\n' | '\r';
  comments: boolean;
  bom: boolean;
  /** Bytes in one network write; 0: as it comes. */
  split: number;
  noDone: boolean;
  /** So many more frames without content before the first token. */
  metadata: number;
  /** `data:{…}` without the space. */
  tight: boolean;
  gzip: boolean;
}

export const NO_FAULTS: Readonly<Faults> = {
  status: null,
  error: null,
  errorShape: 'vendor',
  retryAfter: null,
  times: null,
  reset: null,
  stallHeaders: false,
  cut: null,
  eof: null,
  stall: null,
  stallMs: null,
  malformed: null,
  errorInStream: null,
  errorIn200: false,
  contentType: null,
  empty: false,
  junk: false,
};

const PLAIN_BYTES: Readonly<Bytes> = {
  newline: '\n',
  comments: false,
  bom: false,
  split: 0,
  noDone: false,
  metadata: 0,
  tight: false,
  gzip: false,
};

/** A fresh record of the plain behaviour: answer at once, echo, nothing wrong. */
export function plainBehaviour(): Behaviour {
  return {
    ttftMs: 0,
    gapMs: null,
    keepaliveMs: null,
    firstChunks: 'none',
    echo: true,
    say: null,
    tokens: null,
    reasoning: null,
    reasoningField: 'reasoning_content',
    redacted: false,
    tools: 0,
    chunk: 6,
    interleave: false,
    preface: false,
    json: false,
    refusal: false,
    finish: null,
    usage: 'vendor',
    cacheRead: 0,
    cacheWrite: 0,
    ratelimit: null,
    headers: [],
    strict: false,
    faults: { ...NO_FAULTS },
    bytes: { ...PLAIN_BYTES },
  };
}
