// AnswerStore: where finished answers are kept until they are too old, by the key of what was asked.
import type { CachedAnswer, CacheOwner } from '../core/cached-answer.ts';

/** Which answers are meant: those that match everything that is named. Nothing named: all. */
export type AnswerFilter = Partial<{ readonly [K in keyof CacheOwner]: string }> & {
  /** `provider/model`. */
  readonly model?: string;
};

export interface StoreFigures {
  readonly entries: number;
  /** About what they take up. */
  readonly bytes: number;
  /** Since the start: removed for want of room, and for their age. */
  readonly evicted: number;
  readonly expired: number;
}

/** Keys are opaque; an answer is given only to who has its key exactly. Every store passes test/contracts/answer-store.ts. */
export interface AnswerStore {
  /** Null: there is none, or it is too old. At once where it is in memory. Never throws: what cannot be read is not there. */
  find(key: string): CachedAnswer | null | Promise<CachedAnswer | null>;
  /** Never waits, never throws. One that is there already is replaced. One that is too large is not kept. */
  keep(key: string, answer: CachedAnswer): void;
  /** One that must not be given any more. */
  forget(key: string): void;
  /** How many were removed. */
  drop(filter: AnswerFilter): Promise<number>;
  figures(): StoreFigures;
  /** Everything that was kept until now is where it stays. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function matchesFilter({ owner, model }: CachedAnswer, filter: AnswerFilter): boolean {
  return (
    (filter.tenant === undefined || filter.tenant === owner.tenant) &&
    (filter.user === undefined || filter.user === owner.user) &&
    (filter.namespace === undefined || filter.namespace === owner.namespace) &&
    (filter.model === undefined || filter.model === model)
  );
}
