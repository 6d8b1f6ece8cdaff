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
  /** Where they are kept beside memory. */
  readonly behind: 'nothing' | 'file' | 'redis';
  /** Since the start: times that what is behind memory could not be read or written. */
  readonly failures: number;
  /** Why what is behind memory is not in use now, in words for the operator; null: nothing is wrong. */
  readonly trouble: string | null;
}

/** Of an answer what a filter looks at. */
export type Owned = Pick<CachedAnswer, 'owner' | 'model'>;

/** Keys are opaque; an answer is given only to who has its key exactly. Every store passes test/contracts/answer-store.ts. */
export interface AnswerStore {
  /** Null: there is none, or it is too old. At once where it is in memory. Never throws: what cannot be read is not there. */
  find(key: string): CachedAnswer | null | Promise<CachedAnswer | null>;
  /** Never waits, never throws. One that is there already is replaced. One that is too large is not kept. */
  keep(key: string, answer: CachedAnswer): void;
  /** One that must not be given any more. */
  forget(key: string): void;
  /**
   * How many were removed. From then on none of them is given here, whatever becomes of the rest. Rejects with
   * `storage_unavailable` where what is behind memory could not be told: it is told as soon as it can be.
   */
  drop(filter: AnswerFilter): Promise<number>;
  figures(): StoreFigures;
  /** Everything that was kept until now is where it stays. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function matchesFilter({ owner, model }: Owned, filter: AnswerFilter): boolean {
  return (
    (filter.tenant === undefined || filter.tenant === owner.tenant) &&
    (filter.user === undefined || filter.user === owner.user) &&
    (filter.namespace === undefined || filter.namespace === owner.namespace) &&
    (filter.model === undefined || filter.model === model)
  );
}
