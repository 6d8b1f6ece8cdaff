// MemoryAnswers: answers in memory, so many and so large at most; the one that was not asked for longest goes first.
import type { CachedAnswer } from '../core/cached-answer.ts';
import {
  type AnswerFilter,
  type AnswerStore,
  matchesFilter,
  type StoreFigures,
} from './answer-store.ts';

export interface MemoryBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
}

interface Kept {
  readonly answer: CachedAnswer;
  readonly bytes: number;
}

/** What an entry takes beside its text. */
const OVERHEAD_BYTES = 1024;
/** Once it has been asked for, a stream's frames are held parsed beside their text. */
const FRAMES_FACTOR = 4;

export class MemoryAnswers implements AnswerStore {
  readonly #bounds: () => MemoryBounds;
  readonly #now: () => number;
  /** In the order they were last asked for. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #evicted = 0;
  #expired = 0;

  /** @param now Unix milliseconds */
  constructor(bounds: () => MemoryBounds, now: () => number) {
    this.#bounds = bounds;
    this.#now = now;
  }

  find(key: string): CachedAnswer | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    if (kept.answer.expiresAt <= this.#now()) {
      this.#expired += 1;
      this.forget(key);
      return null;
    }
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.answer;
  }

  keep(key: string, answer: CachedAnswer): void {
    const { maxBytes, maxEntries, maxEntryBytes } = this.#bounds();
    this.forget(key);
    const bytes = bytesOf(answer);
    if (answer.text.length > maxEntryBytes || bytes > maxBytes) return;
    this.#kept.set(key, { answer, bytes });
    this.#bytes += bytes;
    this.#shrink(maxBytes, maxEntries);
  }

  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }

  async drop(filter: AnswerFilter): Promise<number> {
    let dropped = 0;
    for (const [key, { answer }] of this.#kept) {
      if (!matchesFilter(answer, filter)) continue;
      this.forget(key);
      dropped += 1;
    }
    return dropped;
  }

  figures(): StoreFigures {
    return {
      entries: this.#kept.size,
      bytes: this.#bytes,
      evicted: this.#evicted,
      expired: this.#expired,
    };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #shrink(maxBytes: number, maxEntries: number): void {
    if (this.#bytes <= maxBytes && this.#kept.size <= maxEntries) return;
    const now = this.#now();
    for (const [key, { answer }] of this.#kept) {
      if (this.#bytes <= maxBytes && this.#kept.size <= maxEntries) return;
      if (answer.expiresAt <= now) this.#expired += 1;
      else this.#evicted += 1;
      this.forget(key);
    }
  }
}

function bytesOf({ text, form }: CachedAnswer): number {
  return OVERHEAD_BYTES + text.length * (form === 'frames' ? FRAMES_FACTOR : 2);
}
