// BodyCapture: holds on to one request's bodies while it is served, and hands them over when it is. Never throws, never waits.
import type { RawBodies, RawBody } from './kept-bodies.ts';

/** A reply nobody reads on is over after this long. */
const UNREAD_MS = 1000;

export interface CaptureOwner {
  /** False: there is no room for so much more. */
  take(size: number): boolean;
  give(size: number): void;
  /** How much of a stream is collected. */
  readonly maxCollected: number;
  submit(bodies: RawBodies, size: number): void;
  shed(id: string): void;
}

export class BodyCapture {
  readonly #owner: CaptureOwner;
  readonly #id: string;
  /** Null: only the router can tell. */
  #wanted: boolean | null;
  #user: string | null = null;
  #request: RawBody | null = null;
  #reply: RawBody | null = null;
  #held = 0;
  #flow: { type: string; text: string | null; size: number; cut: boolean } | null = null;
  /** Of texts that come as bytes. */
  #decoder: TextDecoder | null = null;
  #over = false;

  constructor(owner: CaptureOwner, id: string, wanted: boolean | null) {
    this.#owner = owner;
    this.#id = id;
    this.#wanted = wanted;
  }

  /** The caller's body as it was received. */
  request(text: string): void {
    if (this.#over || !this.#hold(text.length)) return;
    this.#request = { type: 'application/json', text, size: text.length, cut: false };
  }

  /** A body that is no text: what it is and how long. */
  requestBytes(type: string, size: number): void {
    this.#request = { type, text: null, size, cut: false };
  }

  of(user: string | null): void {
    this.#user = user;
  }

  /** What the request's router says. One no is enough. */
  routed(says: boolean | undefined): void {
    if (says === true) this.#wanted = true;
    else if (says === false || this.#wanted === null) this.#drop();
  }

  /** A whole reply. */
  reply(type: string, text: string): void {
    if (this.#over || !this.#hold(text.length)) return;
    this.#reply = { type, text, size: text.length, cut: false };
  }

  /** A reply that comes in pieces. */
  begins(type: string, isText: boolean): void {
    this.#flow = { type, text: isText ? '' : null, size: 0, cut: false };
  }

  piece(piece: string | Uint8Array): void {
    const flow = this.#flow;
    if (flow === null || this.#over) return;
    flow.size += piece.length;
    if (flow.text === null) return;
    if (flow.text.length >= this.#owner.maxCollected) flow.cut = true;
    else if (this.#hold(piece.length)) flow.text += this.#textOf(piece);
  }

  /** The exchange is over. A reply under way may still be told why. */
  over(): void {
    if (this.#over) return;
    if (this.#flow === null) this.end();
    else setTimeout(() => this.end(), UNREAD_MS).unref();
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#over) return;
    if (this.#wanted !== true) {
      this.#drop();
      return;
    }
    this.#over = true;
    const flow = this.#flow;
    const bodies = {
      id: this.#id,
      user: this.#user,
      request: this.#request,
      reply: flow ?? this.#reply,
    };
    this.#request = null;
    this.#reply = null;
    this.#flow = null;
    this.#owner.submit(bodies, this.#held);
  }

  /** A character may stand in two pieces. */
  #textOf(piece: string | Uint8Array): string {
    if (typeof piece === 'string') return piece;
    this.#decoder ??= new TextDecoder();
    return this.#decoder.decode(piece, { stream: true });
  }

  #hold(size: number): boolean {
    if (this.#owner.take(size)) {
      this.#held += size;
      return true;
    }
    this.#drop();
    this.#owner.shed(this.#id);
    return false;
  }

  #drop(): void {
    this.#over = true;
    this.#owner.give(this.#held);
    this.#held = 0;
    this.#request = null;
    this.#reply = null;
    this.#flow = null;
  }
}
