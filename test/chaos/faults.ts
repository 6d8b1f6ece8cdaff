// Faults: everything that can go wrong at a provider, what it is called, and what becomes of it.
import type { ErrorCode } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { PROSE_TOKENS } from './prose.ts';
import type { QuestionId } from './question.ts';

/** A wire the failing provider speaks; absent in a fault: all of them. */
export type WireId =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse'
  | 'cohere';

export interface Fault {
  readonly name: string;
  /** Words of the failing model; null: nobody listens where it should be. */
  readonly words: string | null;
  /** Default: plain text. */
  readonly question?: QuestionId;
  /** What its attempt may be called: wires have more and less exact words. Empty: it is no failure. */
  readonly codes: readonly ErrorCode[];
  /** When it strikes: before the caller has anything; after some; or after all of the answer but its end. */
  readonly strikes: 'before' | 'within' | 'at-end';
  /** The rest of `fallback`. */
  readonly fallback?: JsonObject;
  /** More words of the model that takes over. */
  readonly rescuer?: string;
  /** Models asked between the two, by their words. */
  readonly between?: readonly string[];
  readonly wires?: readonly WireId[];
  /** One pair of wires is enough: there are many of its kind. */
  readonly onePair?: true;
  /** Only streamed calls have it. */
  readonly onlyStreamed?: true;
  /** Not survivable, and why: then the failure is what the caller is told. */
  readonly fatal?: string;
  /** Nothing can tell that it happened, and why: shown to the caller as it came. */
  readonly unseen?: string;
  /** The other is asked too, and is slower. */
  readonly wins?: true;
  /** Without another candidate it makes no difference. */
  readonly harmlessAlone?: true;
  /** Without another candidate it would take minutes. */
  readonly neverAlone?: true;
  /** The frame with the usage is what is missing. */
  readonly withoutUsage?: readonly WireId[];
}

const DEADLINE = '400ms';
const TTFT = { ttft_timeout: DEADLINE };
const IDLE = { idle_timeout: DEADLINE };
const OVERLOADED = ['upstream_overloaded', 'upstream_unavailable', 'upstream_error'] as const;
const BROKEN = [
  'upstream_stream_truncated',
  'upstream_invalid_response',
  'upstream_unreachable',
] as const;
const LIMITED = ['upstream_rate_limited'] as const;
/** Cohere's errors inside a stream have a message and nothing else. */
const SAID_LIMITED = ['upstream_rate_limited', 'upstream_error'] as const;
const LATE = ['upstream_first_token_timeout'] as const;
const SILENT = ['upstream_idle_timeout'] as const;

/** Wires with a frame after the one that says how the answer ended. */
const WITH_AN_END: readonly WireId[] = [
  'openai-chat',
  'anthropic-messages',
  'bedrock-converse',
  'cohere',
];

const before = (name: string, words: string | null, codes: readonly ErrorCode[]): Fault => ({
  name,
  words,
  codes,
  strikes: 'before',
});
const within = (name: string, words: string, codes: readonly ErrorCode[]): Fault => ({
  name,
  words,
  codes,
  strikes: 'within',
});
const passes = (name: string, words: string): Fault => ({
  name,
  words,
  codes: [],
  strikes: 'at-end',
});

const STATUSES: readonly Fault[] = [
  // Wires without a name for a status have another's.
  before('401', 'status=401', ['upstream_auth', 'upstream_error']),
  before('402', 'status=402', ['upstream_payment_required', 'upstream_error']),
  before('403', 'status=403', ['upstream_forbidden', 'upstream_auth', 'upstream_payment_required']),
  before('404', 'status=404', ['upstream_not_found', 'model_not_found']),
  before('408', 'status=408', ['upstream_timeout']),
  before('413', 'status=413', ['upstream_too_large']),
  before('429', 'status=429', LIMITED),
  before('500', 'status=500', ['upstream_error']),
  before('503', 'status=503', OVERLOADED),
  before('529', 'status=529', OVERLOADED),
  {
    ...before('400, 422', 'status=400', ['upstream_invalid_request', 'upstream_unprocessable']),
    fatal:
      'the request itself is at fault: every provider would refuse it, and its sender must be told',
  },
];

const NO_ANSWER: readonly Fault[] = [
  before('connection refused', null, ['upstream_unreachable']),
  before('reset before the headers', 'reset', ['upstream_unreachable']),
  before('200 with an error for a body', 'error-in-200+error=overloaded', OVERLOADED),
  before('200 with HTML', 'content-type=text/html', BROKEN),
  before('200 with nothing', 'empty', BROKEN),
  before('cut before the first event', 'cut=0', BROKEN),
  before('end before the first event', 'eof=0', BROKEN),
  {
    ...before('cut after metadata frames', 'metadata=4+cut=0', BROKEN),
    onlyStreamed: true,
  },
  before('error event first', 'error-in-stream=0:overloaded', OVERLOADED),
  before('429 as an event first', 'error-in-stream=0:rate_limit', SAID_LIMITED),
];

const TOO_LATE: readonly Fault[] = [
  {
    ...within('no time left', 'gap=150', ['total_timeout']),
    fallback: { total_timeout: '800ms' },
    fatal: 'the caller gave the whole request no more time',
  },
  { ...before('no headers in time', 'stall-headers', LATE), fallback: TTFT },
  { ...before('no first token in time', 'ttft=30000', LATE), fallback: TTFT },
  { ...before('metadata, then no token', 'metadata=3+stall=0', LATE), fallback: TTFT },
  {
    ...before('no first token, race', 'ttft=2500', ['race_lost']),
    fallback: { ...TTFT, mode: 'race' },
    harmlessAlone: true,
  },
  {
    ...before('no headers, race', 'stall-headers', ['race_lost']),
    fallback: { ...TTFT, mode: 'race' },
    neverAlone: true,
  },
  {
    ...passes('late, but first in a race', 'ttft=700'),
    fallback: { ...TTFT, mode: 'race' },
    rescuer: 'ttft=20000',
    wins: true,
  },
  {
    ...before('503 in a race', 'status=503', OVERLOADED),
    fallback: { ...TTFT, mode: 'race' },
  },
];

const IN_TEXT: readonly Fault[] = [
  within('cut in the text', 'cut=25+gap=2', BROKEN),
  within('cut after the first word', 'cut=1+gap=30', BROKEN),
  within('reset in the text', 'reset=25+gap=2', BROKEN),
  within('end without an end', 'eof=25', BROKEN),
  within('overloaded in the text', 'error-in-stream=25:overloaded', OVERLOADED),
  {
    ...within('cut in the text, first token awaited', 'cut=25+gap=2', BROKEN),
    fallback: { ttft_timeout: '5s' },
  },
  within('error event, left open', 'error-in-stream=25:overloaded+linger', OVERLOADED),
  within('429 in the text', 'error-in-stream=25:rate_limit', SAID_LIMITED),
  { ...within('silence in the text', 'stall=25', SILENT), fallback: IDLE },
  {
    ...within('too slow', 'tokens=40+slow-after=20:500', ['upstream_too_slow']),
    fallback: { min_tokens_per_second: 20 },
    harmlessAlone: true,
  },
  {
    ...within('damaged message', 'damaged=25+gap=2', BROKEN),
    wires: ['bedrock-converse'],
    onlyStreamed: true,
  },
  within('cut after the last word', 'cut=99+gap=2', BROKEN),
  {
    ...passes('end after the finish, no end frame', 'no-done'),
    wires: WITH_AN_END,
    withoutUsage: ['bedrock-converse'],
    onlyStreamed: true,
  },
  { ...passes('a malformed line', 'malformed=25'), onlyStreamed: true },
];

const ELSEWHERE: readonly Fault[] = [
  { ...within('cut in the reasoning', 'cut=8+gap=2', BROKEN), question: 'thought' },
  { ...within('cut after the reasoning', 'cut=20+gap=2', BROKEN), question: 'thought' },
  { ...within('cut in text after reasoning', 'cut=45+gap=2', BROKEN), question: 'thought' },
  { ...within('cut before a tool call', 'cut=5+gap=5', BROKEN), question: 'call' },
  { ...within('cut in a tool call', 'chunk=3+cut=14+gap=2', BROKEN), question: 'call' },
  {
    ...within('silence in a tool call', 'chunk=3+stall=14', SILENT),
    question: 'call',
    fallback: IDLE,
  },
  {
    ...within('cut in a tool call, first token awaited', 'chunk=3+cut=14+gap=2', BROKEN),
    question: 'call',
    fallback: { ttft_timeout: '5s' },
  },
  { ...within('cut between tool calls', 'chunk=0+cut=9+gap=2', BROKEN), question: 'calls' },
  { ...within('cut in the second call', 'chunk=3+cut=30+gap=2', BROKEN), question: 'calls' },
  { ...within('cut in structured output', 'cut=5+gap=5', BROKEN), question: 'json' },
  {
    ...within('silence in structured output', 'stall=5', SILENT),
    question: 'json',
    fallback: IDLE,
  },
];

const NEXT_ONE: readonly Fault[] = [
  {
    ...within('the next one begins after the quote', 'cut=25+gap=2', BROKEN),
    rescuer: 'resume=exact',
  },
  {
    ...within('the next one repeats three words', 'cut=25+gap=2', BROKEN),
    rescuer: 'resume=repeat:3',
  },
  {
    ...within('the next one says all of it again', 'cut=25+gap=2', BROKEN),
    rescuer: 'resume=restart',
  },
  { ...within('the next one breaks off too', 'cut=25+gap=2', BROKEN), between: ['cut=12+gap=2'] },
  {
    ...within('the next one is down, a third is not', 'cut=25+gap=2', BROKEN),
    between: ['status=503'],
  },
  {
    ...within('the next one says a preamble first', 'cut=25+gap=2', BROKEN),
    rescuer: 'resume=preamble',
    unseen: 'a preamble is words like all others; models are asked to leave it out',
  },
  {
    ...within('the next one speaks of something else', 'cut=25+gap=2', BROKEN),
    rescuer: 'resume=ignore',
    unseen: 'whether words follow from what was said only a model could tell',
  },
];

/** The same cut after each of its tokens. */
const EVERYWHERE: readonly Fault[] = Array.from({ length: PROSE_TOKENS }, (_, at) => ({
  ...within(`cut after token ${at + 1} of prose`, `cut=${at + 1}+gap=2`, BROKEN),
  question: 'prose',
  onlyStreamed: true,
  onePair: true,
}));

export const FAULTS: readonly Fault[] = [
  ...STATUSES,
  ...NO_ANSWER,
  ...TOO_LATE,
  ...IN_TEXT,
  ...ELSEWHERE,
  ...NEXT_ONE,
  ...EVERYWHERE,
];
