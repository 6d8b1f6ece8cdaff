// Behaviour: everything a request can ask of the simulated provider, as one flat record. The words that set it: words.ts.
import type { Prefill } from './go-on.ts';

type UsagePlace = 'vendor' | 'none' | 'late' | 'early' | 'with-delta' | 'every';
/** How well a request to go on with an answer is obeyed. */
type Resume =
  | { readonly how: 'exact' | 'quote' | 'restart' | 'preamble' | 'ignore' }
  | { readonly how: 'repeat'; readonly words: number };
type ReasoningField = 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'none';
export type ErrorShape = 'vendor' | 'object' | 'empty' | 'string' | 'detail' | 'array';

export interface Behaviour {
  // timing, in milliseconds
  readonly ttftMs: number;
  /** Between two tokens; null: the server's default pace. */
  readonly gapMs: number | null;
  /** A comment (OpenAI) or ping (Anthropic) this often while nothing else is sent. */
  readonly keepaliveMs: number | null;
  /** What leaves before the wait for the first token. */
  readonly firstChunks: 'none' | 'headers' | 'metadata';
  /** After so many tokens the gap is this one. */
  readonly slowAfter: { readonly tokens: number; readonly gapMs: number } | null;
  // the answer
  readonly echo: boolean;
  readonly say: string | null;
  readonly tokens: number | null;
  /** Null: as the request asks. */
  readonly reasoning: number | null;
  readonly reasoningField: ReasoningField;
  readonly redacted: boolean;
  readonly tools: number;
  /** Characters of tool arguments in a delta; 0: all at once, with the call's name. */
  readonly chunk: number;
  readonly interleave: boolean;
  readonly preface: boolean;
  readonly json: boolean;
  readonly refusal: boolean;
  readonly finish: string | null;
  readonly resume: Resume;
  /** What becomes of a last assistant message; null: as the wire has it. */
  readonly prefill: Prefill | null;
  // usage and headers
  readonly usage: UsagePlace;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly ratelimit: number | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What tool calls must come back with (OpenAI’s wire). */
  readonly wants: 'nothing' | 'reasoning' | 'extra';
  /** Fields the vendor does not know are refused. */
  readonly strict: boolean;
  readonly faults: Faults;
  readonly bytes: Bytes;
}

/** Counts are content tokens sent before it happens, infinity: before the very last frame; null: it does not happen. */
export interface Faults {
  readonly status: number | null;
  /** A name of vendor-errors.ts, or any error type. */
  readonly error: string | null;
  readonly errorShape: ErrorShape;
  readonly retryAfter: string | null;
  /** Only the first so many requests fail; null: all do. */
  readonly times: number | null;
  /** 0: before the headers. */
  readonly reset: number | null;
  readonly stallHeaders: boolean;
  readonly cut: number | null;
  readonly eof: number | null;
  readonly stall: number | null;
  /** Null: for ever. */
  readonly stallMs: number | null;
  readonly malformed: number | null;
  readonly damaged: number | null;
  readonly errorInStream: { readonly after: number; readonly error: string } | null;
  /** After an error inside a stream nothing more comes, not even its end. */
  readonly linger: boolean;
  readonly errorIn200: boolean;
  readonly contentType: string | null;
  readonly empty: boolean;
  readonly junk: boolean;
}

/** How the bytes of a reply look. */
export interface Bytes {
  readonly newline: '\n' | '\r\n' | '\r';
  readonly comments: boolean;
  readonly bom: boolean;
  /** Bytes in one network write; 0: as it comes. */
  readonly split: number;
  /** Between two such writes; 0: one in each turn of the event loop. */
  readonly splitMs: number;
  readonly noDone: boolean;
  /** So many more frames without content before the first token. */
  readonly metadata: number;
  /** `data:{…}` without the space. */
  readonly tight: boolean;
  readonly gzip: boolean;
}

export const NO_FAULTS: Faults = {
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
  damaged: null,
  errorInStream: null,
  linger: false,
  errorIn200: false,
  contentType: null,
  empty: false,
  junk: false,
};

const PLAIN_BYTES: Bytes = {
  newline: '\n',
  comments: false,
  bom: false,
  split: 0,
  splitMs: 0,
  noDone: false,
  metadata: 0,
  tight: false,
  gzip: false,
};

/** Answer at once, echo, nothing wrong. */
export const PLAIN_BEHAVIOUR: Behaviour = {
  ttftMs: 0,
  gapMs: null,
  keepaliveMs: null,
  firstChunks: 'none',
  slowAfter: null,
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
  resume: { how: 'quote' },
  prefill: null,
  usage: 'vendor',
  cacheRead: 0,
  cacheWrite: 0,
  ratelimit: null,
  headers: [],
  wants: 'nothing',
  strict: false,
  faults: NO_FAULTS,
  bytes: PLAIN_BYTES,
};
