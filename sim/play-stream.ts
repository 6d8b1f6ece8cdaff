// Plays a stream of frames onto a connection: in time, no faster than the client reads, with the faults asked for.
import type { Behaviour } from './behaviour.ts';
import { dressFrames } from './dress-frames.ts';
import { chunk, type Responder, SETTLE_MS } from './http/responder.ts';
import type { Schedule, Wait } from './schedule.ts';
import type { Frame } from './wire.ts';

export interface Play {
  readonly frames: Iterator<Frame, void>;
  readonly behaviour: Behaviour;
  /** Between two tokens. */
  readonly gapMs: number;
  /** Reply header lines. */
  readonly headers: string;
  /** Texts of the wire: an error event, a broken line, a sign of life. */
  readonly errorFrame: string;
  readonly malformed: string;
  /** What no reader can go on after. */
  readonly damaged: string;
  /** Every text has one character a byte. */
  readonly binary: boolean;
  readonly heartbeat: string;
}

/** What comes after the text of a turn has been sent. */
type Next =
  | { readonly do: 'wait'; readonly dueMs: number }
  | { readonly do: 'turn' }
  | { readonly do: 'end' }
  | { readonly do: 'cut' }
  | { readonly do: 'reset' };

interface Turn {
  readonly text: string;
  readonly next: Next;
}

/** A turn sends about this much at most, then looks whether the client keeps up. */
const TURN_CHARS = 64 * 1024;
/** Runtime timers may fire this much early. */
const EARLY_MS = 1;

/** Starts the stream; it ends by itself, by its fault, or when the client goes. */
export function playStream(play: Play, responder: Responder, schedule: Schedule): void {
  new Player(play, responder, schedule).run();
}

class Player {
  readonly #play: Play;
  readonly #responder: Responder;
  readonly #schedule: Schedule;
  readonly #startMs = performance.now();
  readonly #dress: (text: string) => string;
  #ahead: Frame | null = null;
  /** The one after it, where a fault has to know which is the last. */
  #second: Frame | null = null;
  /** Content tokens sent. */
  #sent = 0;
  /** How much later everything comes because of a stall that ended. */
  #delayMs = 0;
  #stalled = false;
  #malformed = false;
  #damaged = false;
  #wait: Wait | null = null;
  /** The split bytes that wait for their turn. */
  #pieces: Buffer | null = null;
  /** What to do once all that was sent has left. */
  #resume: (() => void) | null = null;

  constructor(play: Play, responder: Responder, schedule: Schedule) {
    this.#play = play;
    this.#responder = responder;
    this.#schedule = schedule;
    this.#dress = play.binary ? (text) => text : dressFrames(play.behaviour.bytes);
    responder.onGone = () => this.#wait?.cancel();
    responder.onDrain = () => this.#drained();
    if (play.behaviour.firstChunks === 'headers') this.#send('');
  }

  run(): void {
    for (;;) {
      if (this.#responder.state === 'ended') return;
      const { text, next } = this.#turn();
      if (text !== '' && !this.#send(this.#dress(text))) {
        this.#resume = () => {
          if (this.#follow(next)) this.run();
        };
        return;
      }
      if (!this.#follow(next)) return;
    }
  }

  /** True: take another turn now. */
  #follow(next: Next): boolean {
    switch (next.do) {
      case 'turn':
        return true;
      case 'wait':
        this.#waitUntil(next.dueMs);
        return false;
      case 'end':
        this.#open();
        this.#responder.end();
        return false;
      case 'cut':
        this.#open();
        this.#wait = this.#schedule.at(performance.now() + SETTLE_MS, () => this.#responder.cut());
        return false;
      case 'reset':
        this.#wait = this.#schedule.at(performance.now() + SETTLE_MS, () =>
          this.#responder.reset(),
        );
        return false;
    }
  }

  #waitUntil(dueMs: number): void {
    const beat = this.#play.behaviour.keepaliveMs;
    const beatMs = beat === null ? Number.POSITIVE_INFINITY : performance.now() + beat;
    if (beatMs < dueMs) {
      this.#wait = this.#schedule.at(beatMs, () => {
        if (this.#send(this.#dress(this.#play.heartbeat))) this.#waitUntil(dueMs);
        else this.#resume = () => this.#waitUntil(dueMs);
      });
    } else if (dueMs !== Number.POSITIVE_INFINITY) {
      this.#wait = this.#schedule.at(dueMs, () => this.run());
    } else {
      // Silent for ever: what was promised so far must at least have a head.
      this.#open();
    }
  }

  /** Gathers the frames that are due. */
  #turn(): Turn {
    let text = '';
    const now = performance.now();
    while (text.length < TURN_CHARS) {
      const frame = this.#peek();
      const due = this.#due(frame);
      if (due > now + EARLY_MS) return { text, next: { do: 'wait', dueMs: due } };
      const fault = this.#fault(frame);
      if (fault) return { text: text + fault.text, next: fault.next };
      if (frame === null) return { text, next: { do: 'end' } };
      this.#ahead = null;
      if (frame.kind === 'done' && this.#play.behaviour.bytes.noDone) continue;
      if (frame.kind === 'content') this.#sent += 1;
      text += frame.text;
    }
    return { text, next: { do: 'turn' } };
  }

  #peek(): Frame | null {
    this.#ahead ??= this.#next();
    return this.#ahead;
  }

  #next(): Frame | null {
    const second = this.#second;
    this.#second = null;
    return second ?? this.#play.frames.next().value ?? null;
  }

  /** True where nothing comes after the frame that is looked at. */
  #isLast(): boolean {
    this.#second ??= this.#next();
    return this.#second === null;
  }

  /** When a frame may leave. What follows a token leaves with it. */
  #due(frame: Frame | null): number {
    const first = this.#startMs + this.#play.behaviour.ttftMs + this.#delayMs;
    if (this.#sent > 0) return frame?.kind === 'content' ? first + this.#gapsMs() : 0;
    return frame?.kind === 'open' && this.#sendsMetadataFirst() ? 0 : first;
  }

  /** From the first token to the next. */
  #gapsMs(): number {
    const slow = this.#play.behaviour.slowAfter;
    const slowly = slow === null ? 0 : Math.max(0, this.#sent - Math.max(1, slow.tokens) + 1);
    return (this.#sent - slowly) * this.#play.gapMs + slowly * (slow?.gapMs ?? 0);
  }

  #sendsMetadataFirst(): boolean {
    return (
      this.#play.behaviour.firstChunks === 'metadata' || this.#play.behaviour.bytes.metadata > 0
    );
  }

  /** The fault that stands before this frame, if it is time for one. */
  #fault(frame: Frame | null): Turn | null {
    const { faults } = this.#play.behaviour;
    // Faults strike between tokens; before all frames only when no metadata was asked to come first.
    if (frame?.kind === 'between' || (frame?.kind === 'open' && this.#sendsMetadataFirst()))
      return null;
    const isOver = frame === null || frame.kind === 'end' || frame.kind === 'done';
    const strikes = (after: number | null) => {
      if (after === Number.POSITIVE_INFINITY) return isOver && this.#isLast();
      return after !== null && (this.#sent >= after || isOver);
    };
    if (strikes(faults.malformed) && !this.#malformed) {
      this.#malformed = true;
      return { text: this.#play.malformed, next: { do: 'turn' } };
    }
    if (strikes(faults.damaged) && !this.#damaged) {
      this.#damaged = true;
      return { text: this.#play.damaged, next: { do: 'turn' } };
    }
    if (strikes(faults.stall) && !this.#stalled) {
      this.#stalled = true;
      this.#delayMs += faults.stallMs ?? 0;
      const dueMs =
        faults.stallMs === null ? Number.POSITIVE_INFINITY : performance.now() + faults.stallMs;
      return { text: '', next: { do: 'wait', dueMs } };
    }
    if (strikes(faults.errorInStream?.after ?? null)) return this.#failing();
    if (strikes(faults.reset)) return { text: '', next: { do: 'reset' } };
    if (strikes(faults.cut)) return { text: '', next: { do: 'cut' } };
    if (strikes(faults.eof)) return { text: '', next: { do: 'end' } };
    return null;
  }

  #failing(): Turn {
    const text = this.#play.errorFrame;
    if (!this.#play.behaviour.faults.linger) return { text, next: { do: 'end' } };
    return { text, next: { do: 'wait', dueMs: Number.POSITIVE_INFINITY } };
  }

  #open(): void {
    if (this.#responder.state === 'waiting') this.#send('');
  }

  /** False: not all has left yet; `onDrain` tells. */
  #send(text: string): boolean {
    const responder = this.#responder;
    const isFirst = responder.state === 'waiting';
    const head = isFirst ? responder.open(200, this.#play.headers) : '';
    const { bom, split } = this.#play.behaviour.bytes;
    if (this.#play.binary) return this.#sendBytes(head, Buffer.from(text, 'latin1'), split);
    const body = isFirst && bom ? `\uFEFF${text}` : text;
    if (split === 0 || body === '') return responder.send(body === '' ? head : head + chunk(body));
    if (head !== '') responder.send(head);
    this.#pieces = Buffer.from(body);
    return this.#sendPieces(split);
  }

  #sendBytes(head: string, bytes: Buffer, split: number): boolean {
    if (bytes.length === 0) return this.#responder.send(head);
    if (split > 0) {
      if (head !== '') this.#responder.send(head);
      this.#pieces = bytes;
      return this.#sendPieces(split);
    }
    const size = Buffer.from(`${head}${bytes.length.toString(16)}\r\n`);
    return this.#responder.send(Buffer.concat([size, bytes, Buffer.from('\r\n')]));
  }

  /** One piece in each turn of the event loop, so that the client really gets them one by one. */
  #sendPieces(size: number): boolean {
    const pieces = this.#pieces;
    if (pieces === null || this.#responder.state === 'ended') return true;
    const piece = pieces.subarray(0, size);
    this.#pieces = pieces.length > size ? pieces.subarray(size) : null;
    this.#responder.send(
      Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    );
    const more = () => {
      if (this.#pieces === null) this.#drained();
      else this.#sendPieces(size);
    };
    const ms = this.#play.behaviour.bytes.splitMs;
    if (ms === 0) setImmediate(more);
    else this.#wait = this.#schedule.at(performance.now() + ms, more);
    return false;
  }

  #drained(): void {
    if (this.#pieces !== null) return;
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }
}
