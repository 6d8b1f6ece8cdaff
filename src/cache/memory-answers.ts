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
/** How often it is looked for answers that are too old, and at how many of them: the whole of it takes no turn of its own. */
const TEND_MS = 1000;
const TENDED_AT_ONCE = 2000;

export class MemoryAnswers implements AnswerStore {
  readonly #bounds: () => MemoryBounds;
  readonly #now: () => number;
  /** In the order they were last asked for. */
  readonly #kept = new Map<string, Kept>();
  readonly #tending: ReturnType<typeof setInterval>;
  /** Where the look for old ones goes on. */
  #at: Iterator<[string, Kept]> | null = null;
  #bytes = 0;
  #evicted = 0;
  #expired = 0;

  /** @param bounds as they are now: lower ones hold within a second @param now Unix milliseconds */
  constructor(bounds: () => MemoryBounds, now: () => number) {
    this.#bounds = bounds;
    this.#now = now;
    this.#tending = setInterval(() => this.tend(), TEND_MS);
    this.#tending.unref();
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

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** False: it is too large, or too old already. */
  keep(key: string, answer: CachedAnswer): boolean {
    const { maxBytes, maxEntries, maxEntryBytes } = this.#bounds();
    this.forget(key);
    const bytes = bytesOf(answer);
    if (answer.text.length > maxEntryBytes || bytes > maxBytes) return false;
    if (answer.expiresAt <= this.#now()) return false;
    this.#kept.set(key, { answer, bytes });
    this.#bytes += bytes;
    this.#shrink(maxBytes, maxEntries);
    return true;
  }

  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }

  drop(filter: AnswerFilter): Promise<number> {
    return Promise.resolve(this.dropNow(filter));
  }

  dropNow(filter: AnswerFilter): number {
    let dropped = 0;
    for (const [key, { answer }] of this.#kept) {
      if (!matchesFilter(answer, filter)) continue;
      this.forget(key);
      dropped += 1;
    }
    return dropped;
  }

  /** Takes out what is too much by the bounds as they are now, and some of what is too old. */
  tend(): void {
    const { maxBytes, maxEntries } = this.#bounds();
    this.#shrink(maxBytes, maxEntries);
    const now = this.#now();
    for (let looked = 0; looked < TENDED_AT_ONCE; looked += 1) {
      this.#at ??= this.#kept.entries();
      const { done, value } = this.#at.next();
      if (done === true) {
        this.#at = null;
        return;
      }
      const [key, { answer }] = value;
      if (answer.expiresAt > now) continue;
      this.#expired += 1;
      this.forget(key);
    }
  }

  figures(): StoreFigures {
    return {
      entries: this.#kept.size,
      bytes: this.#bytes,
      evicted: this.#evicted,
      expired: this.#expired,
      behind: 'nothing',
      failures: 0,
      trouble: null,
    };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    clearInterval(this.#tending);
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

/** About what it takes in memory. Files are bounded by the same measure, so that what they hold fits. */
export function bytesOf({ text, form }: CachedAnswer): number {
  return OVERHEAD_BYTES + text.length * (form === 'frames' ? FRAMES_FACTOR : 2);
}
