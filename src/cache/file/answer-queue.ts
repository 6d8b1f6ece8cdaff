// Changes on their way to the file: the latest of each key, oldest first, taken out in batches, within bounds. They hold the
// answers themselves, which memory holds too: a change is turned into text when its batch goes.

import type { CachedAnswer } from '../../core/cached-answer.ts';
import { type AnswerFilter, matchesFilter } from '../answer-store.ts';
import { answerText } from '../answer-text.ts';
import { bytesOf } from '../memory-answers.ts';
import type { AnswerChange } from './answer-rows.ts';

/** So many changes go at once, and so many characters (the change that crosses the line is the last). */
const BATCH_CHANGES = 128;
const BATCH_CHARS = 1024 * 1024;
/** While the file takes nothing, so much is kept for it; what is older is not written. */
const MAX_CHANGES = 10_000;
const MAX_CHARS = 16 * 1024 * 1024;

interface Waiting {
  /** Null: to be forgotten. */
  readonly answer: CachedAnswer | null;
  readonly gen: number;
}

export class AnswerQueue {
  #waiting = new Map<string, Waiting>();
  #inFlight: ReadonlyMap<string, Waiting> | null = null;
  #chars = 0;

  get size(): number {
    return this.#waiting.size + (this.#inFlight?.size ?? 0);
  }

  /** A whole batch waits. */
  get isFull(): boolean {
    return this.#waiting.size >= BATCH_CHANGES || this.#chars >= BATCH_CHARS;
  }

  has(key: string): boolean {
    return this.#waiting.has(key) || this.#inFlight?.has(key) === true;
  }

  /** @param answer null: to be forgotten @param gen of the last drop that is known */
  push(key: string, answer: CachedAnswer | null, gen: number): void {
    this.#remove(key);
    this.#put(key, { answer, gen });
    while (this.#waiting.size > MAX_CHANGES || this.#chars > MAX_CHARS) {
      const [oldest] = this.#waiting.keys();
      if (oldest === undefined || oldest === key) return;
      this.#remove(oldest);
    }
  }

  /** How many answers were on their way and are not any more. */
  drop(filter: AnswerFilter): number {
    let dropped = 0;
    for (const [key, { answer }] of this.#waiting) {
      if (answer === null || !matchesFilter(answer, filter)) continue;
      this.#remove(key);
      dropped += 1;
    }
    return dropped;
  }

  /** The next batch; null: there is nothing to write, or one is on its way. */
  batch(): readonly AnswerChange[] | null {
    if (this.#inFlight !== null || this.#waiting.size === 0) return null;
    const taken = new Map<string, Waiting>();
    const before = this.#chars;
    for (const [key, waiting] of this.#waiting) {
      if (taken.size >= BATCH_CHANGES || before - this.#chars >= BATCH_CHARS) break;
      this.#remove(key);
      taken.set(key, waiting);
    }
    this.#inFlight = taken;
    return [...taken].map(([key, waiting]) => changeOf(key, waiting));
  }

  /** The batch that was on its way is in the file. */
  settled(): void {
    this.#inFlight = null;
  }

  /** It is not: what nothing newer took the place of goes again, first of all. */
  returned(): void {
    const newer = this.#waiting;
    const older = this.#inFlight ?? new Map<string, Waiting>();
    this.#inFlight = null;
    this.#waiting = new Map();
    this.#chars = 0;
    for (const [key, waiting] of older) if (!newer.has(key)) this.#put(key, waiting);
    for (const [key, waiting] of newer) this.#put(key, waiting);
  }

  #put(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    this.#chars += waiting.answer?.text.length ?? 0;
  }

  #remove(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.#chars -= waiting.answer?.text.length ?? 0;
  }
}

function changeOf(key: string, { answer, gen }: Waiting): AnswerChange {
  if (answer === null) return { key, text: null };
  const { owner, model, expiresAt } = answer;
  return { key, owner, model, gen, expiresAt, bytes: bytesOf(answer), text: answerText(answer) };
}
