// What both threads of the file of answers know: a change to it, and what is asked of the thread that owns it.
import type { AnswerFilter, Owned } from '../answer-store.ts';
import type { Drop } from '../drops.ts';

/** One answer to write, or to forget. */
export type AnswerChange =
  | { readonly key: string; readonly text: null }
  | (Owned & {
      readonly key: string;
      /** As answer-text.ts has it. */
      readonly text: string;
      /** The number of the last drop that was known when it was kept. */
      readonly gen: number;
      readonly bytes: number;
      /** Unix milliseconds. */
      readonly expiresAt: number;
    });

export interface FileBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** What is asked for; `now` is Unix milliseconds. */
export type AnswerTask =
  | {
      readonly kind: 'write';
      readonly changes: readonly AnswerChange[];
      readonly bounds: FileBounds;
      readonly now: number;
    }
  | { readonly kind: 'find'; readonly key: string; readonly now: number }
  /** A piece of all there is, least recently used first; the first time it is found out what there is. */
  | { readonly kind: 'load'; readonly bounds: FileBounds; readonly now: number }
  | { readonly kind: 'drop'; readonly filter: AnswerFilter }
  /** What has to be done from time to time, and which drops others made after one. */
  | {
      readonly kind: 'tend';
      readonly used: readonly (readonly [key: string, at: number])[];
      readonly bounds: FileBounds;
      readonly since: number;
      readonly prunes: boolean;
      readonly now: number;
    };

export interface FoundAnswer {
  readonly key: string;
  readonly text: string;
}

export interface LoadedAnswers {
  readonly rows: readonly FoundAnswer[];
  readonly isLast: boolean;
  /** Of the last drop there was. */
  readonly gen: number;
  /** So far: sealed by a key that is not known here. */
  readonly unopened: number;
}

export interface DroppedAnswers {
  readonly gen: number;
  readonly removed: number;
}

export interface DropsSince {
  readonly gen: number;
  readonly drops: readonly Drop[];
  /** Some of the drops are not remembered any more. */
  readonly isIncomplete: boolean;
}

/** The task as JSON: text crosses threads far cheaper than objects. */
export interface AnswerQuestion {
  readonly kind: 'task';
  readonly id: number;
  readonly json: string;
}
