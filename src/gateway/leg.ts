// Leg: one provider's part of a streamed answer: what it sends, as the caller gets it.
//
// While another target could go on with the answer, tool calls are held until the answer's end: a turn's calls belong
// together, and half of them can be taken back only as long as nobody has seen them.
import type { ChatCall } from '../core/call.ts';
import type { Delivered } from '../core/delivered.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { Answered } from './attempt.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import type { Tape } from './caching/tape.ts';
import type { Outlet } from './outlet.ts';
import { brokenFormat } from './output-verdict.ts';
import type { Recording } from './recording.ts';
import { Seam } from './seam.ts';
import { needyTools, ToolCallCheck } from './tool-call-check.ts';
import type { AnswerStream, DecodedFrame } from './upstream-stream.ts';

/** So much of an answer is held at most; from there on it passes, and cannot be taken back any more. */
const MAX_HELD_CHARS = 4 * 1024 * 1024;
/** Whoever waits while calls are held is told that the answer is alive. */
const ALIVE_MS = 5000;
const ALIVE = ': the answer goes on\n\n';

/** What a leg shares with the delivery it belongs to. */
export interface LegContext {
  readonly outlet: Outlet;
  readonly recording: Recording;
  readonly record: AttemptRecording | null;
  /** The caller's request; null where it has no tools and no format. */
  readonly call: (() => ChatCall) | null;
  /** What the caller has of the answer; null where nobody could go on with it. */
  readonly delivered: Delivered | null;
  readonly mayBeRescued: () => boolean;
  /** What is shown is written down, for others who get the same; null: there are none. */
  readonly tape: Tape | null;
  /** Estimates what the provider did not report; called when it has finished. */
  readonly settle: () => void;
}

const TRUNCATED = 'The provider ended its answer without finishing it.';

export class Leg {
  /** Its answer is whole. */
  finished = false;
  /** Why it goes no further; null while it does. */
  broken: GatewayError | null = null;
  readonly #context: LegContext;
  readonly #stream: AnswerStream | null;
  readonly #seam: Seam | null;
  readonly #calls: ToolCallCheck;
  /** The first frames, which came before it was committed. */
  #first: readonly DecodedFrame[] | null;
  /** What is not shown yet; null while everything is. */
  #held: DecodedFrame[] | null = null;
  #heldChars = 0;
  /** More than can be held: from here on it passes. */
  #full = false;
  #finished = false;
  #shownAt = 0;
  /** A tool call has begun. */
  #called = false;
  /** The text that is held, where the whole answer has to have a form. */
  #unseen: string | null = null;

  constructor(answer: Answered, context: LegContext) {
    this.#context = context;
    const { recording, call, delivered, outlet } = context;
    this.#stream = answer.kind === 'stream' ? answer.stream : null;
    this.#first = answer.kind === 'stream' ? answer.held : [{ frame: null, events: answer.events }];
    const { continued } = answer;
    this.#seam =
      continued === null || delivered === null
        ? null
        : new Seam(delivered, continued, () => recording.usage());
    // Calls of the same wire pass as they came, for the caller to judge.
    this.#calls = new ToolCallCheck(
      outlet.relays || call === null ? undefined : needyTools(call().tools),
    );
    if (this.#seam !== null && call !== null && call().output.type !== 'text') {
      this.#held = [];
      this.#unseen = '';
    }
  }

  /** The frames that are here already; null when they have been taken. */
  take(): readonly DecodedFrame[] | null {
    const first = this.#first;
    this.#first = null;
    return first;
  }

  read(): Promise<readonly DecodedFrame[] | null> {
    return this.#stream?.read() ?? Promise.resolve(null);
  }

  /** Nothing more is wanted of it, for it is whole. */
  drain(): void {
    this.#stream?.drain();
  }

  /** Gives it up: the provider's connection is closed at once. */
  cancel(): void {
    this.#stream?.cancel();
  }

  /** What of it is to be shown now. `finished` and `broken` say how things stand then. */
  pass(frames: readonly DecodedFrame[] | null): string {
    if (frames === null) return this.#broken('', truncated());
    let text = '';
    for (const decoded of frames) {
      const error = this.#observe(decoded.events);
      if (error !== null) return this.#broken(text, error);
      const shown = this.#joined(decoded);
      if (this.#seam?.isAnotherAnswer) return this.#astray(text, anotherAnswer());
      if (this.#holds(shown)) {
        if (this.#unseen !== null && this.#heldChars > MAX_HELD_CHARS)
          return this.#astray(text, tooLong());
        continue;
      }
      const wrong = this.#finished ? this.#wrong() : null;
      if (wrong !== null) return this.#astray(text, wrong);
      if (this.#held !== null) text += this.#release();
      text += this.#show(shown);
      if (this.#finished) {
        this.finished = true;
        return text;
      }
    }
    return this.#held !== null && text === '' ? this.#alive() : text;
  }

  /** Writes down what came; an error among it, or made of it. */
  #observe(events: readonly ChatEvent[]): GatewayError | null {
    const { record, settle, outlet } = this.#context;
    for (const event of events) {
      if (event.type === 'error') return this.#stream?.redact(event.error) ?? event.error;
      // A whole reply was written down when it was read.
      if (this.#stream !== null) record?.observe(event);
      if (event.type === 'finish') {
        this.#finished = true;
        settle();
      } else if (event.type === 'block-start') this.#called ||= event.block.kind === 'tool-use';
      const broken = outlet.relays ? null : this.#calls.observe(event);
      if (broken !== null) return broken;
    }
    return null;
  }

  /** The same as a part of the whole answer. */
  #joined(decoded: DecodedFrame): DecodedFrame {
    const seam = this.#seam;
    if (seam === null) return decoded;
    return { frame: null, events: decoded.events.flatMap((event) => seam.push(event)) };
  }

  #holds(decoded: DecodedFrame): boolean {
    const { events } = decoded;
    if (this.#held === null) {
      if (!this.#called || this.#full || !this.#context.mayBeRescued()) return false;
      this.#held = [];
      this.#shownAt = performance.now();
    }
    if (this.#unseen !== null) this.#unseen += textOf(events);
    if (this.#finished) return false;
    this.#heldChars += decoded.frame?.raw.length ?? charsOf(events);
    this.#full = this.#heldChars > MAX_HELD_CHARS && this.#unseen === null;
    if (this.#full) return false;
    this.#held.push(decoded);
    return true;
  }

  #release(): string {
    const held = this.#held ?? [];
    this.#held = null;
    let text = '';
    for (const decoded of held) text += this.#show(decoded);
    return text;
  }

  #show(shown: DecodedFrame): string {
    const { frame, events } = shown;
    const { outlet, recording, delivered, tape } = this.#context;
    tape?.shown(shown);
    let text = '';
    for (const event of events) {
      recording.observe(event);
      delivered?.observe(event);
      if (!outlet.relays) text += outlet.event(event);
    }
    if (outlet.relays && frame !== null) text = outlet.frame(frame);
    return text;
  }

  /** Why a finished continuation is not the rest of the answer: what was asked for as JSON has to be that as a whole. */
  #wrong(): GatewayError | null {
    const { call, delivered, record } = this.#context;
    if (this.#seam === null || call === null || delivered === null) return null;
    // Who has nothing to add may be right, and is taken at his word where nobody else can be asked.
    const isMute = this.#seam.isMute && record?.finishReason === 'stop';
    if (isMute && this.#context.mayBeRescued()) return nothing();
    // Cut at its limit it is as little whole as it would have been in one piece.
    if (record?.finishReason === 'length') return null;
    const choice = call().toolChoice?.type;
    if ((choice === 'required' || choice === 'tool') && !this.#called) return noCall();
    if (this.#unseen === null) return null;
    const problem = brokenFormat(delivered.text + this.#unseen, call().output);
    if (problem === null) return null;
    return new GatewayError(
      'upstream_invalid_response',
      `The answer broke off, and with what another model made of the rest it has not the form that was asked for: ${problem}.`,
    );
  }

  /** What it was asked was asked by us, and models differ in how they take it. */
  #astray(text: string, wrong: GatewayError): string {
    const { record } = this.#context;
    if (record !== null) record.astray = true;
    return this.#broken(text, wrong);
  }

  #broken(text: string, broken: GatewayError): string {
    this.broken = broken;
    return text;
  }

  #alive(): string {
    if (performance.now() - this.#shownAt < ALIVE_MS) return '';
    this.#shownAt = performance.now();
    return ALIVE;
  }
}

function anotherAnswer(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The answer broke off, and another model began a new one instead of going on with it.',
  );
}

function tooLong(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The answer broke off, and what another model made of the rest is too long to be checked.',
  );
}

function nothing(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The answer broke off, and another model said nothing when it was asked for the rest.',
  );
}

function noCall(): GatewayError {
  return new GatewayError(
    'upstream_invalid_response',
    'The answer broke off, and another model ended it without the tool call that was asked for.',
  );
}

function truncated(): GatewayError {
  return new GatewayError('upstream_stream_truncated', TRUNCATED);
}

function textOf(events: readonly ChatEvent[]): string {
  let text = '';
  for (const event of events)
    if (event.type === 'block-delta' && event.delta.kind === 'text') text += event.delta.text;
  return text;
}

function charsOf(events: readonly ChatEvent[]): number {
  let chars = 0;
  for (const event of events) {
    if (event.type !== 'block-delta') continue;
    const { delta } = event;
    if ('text' in delta) chars += delta.text.length;
    else if (delta.kind === 'arguments') chars += delta.json.length;
  }
  return chars;
}
