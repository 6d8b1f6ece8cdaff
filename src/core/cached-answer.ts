// CachedAnswer: a finished answer as it is kept, to be given again to whoever may have it and asks the same.
import type { CallerDialectId, DialectId } from './dialect.ts';
import type { Usage } from './usage.ts';

/** Who may be given it. Nobody else ever is: it is part of every key. */
export interface CacheOwner {
  /** The id of the caller's key. */
  readonly tenant: string;
  /** The end user, where each has answers of their own; null: those of one key share. */
  readonly user: string | null;
  /** The caller's own division. Null: none. */
  readonly namespace: string | null;
}

export interface CachedAnswer {
  /** The generation id of the request it was made for. */
  readonly id: string;
  readonly owner: CacheOwner;
  /** What made it: `provider/model`. */
  readonly model: string;
  readonly provider: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Unix milliseconds: from then on it is not given any more. */
  readonly expiresAt: number;
  /** The wire it came on. */
  readonly wire: DialectId;
  /**
   * What `text` is: a stream's frames as they came, a whole reply as it came, or, where neither can be shown to a caller as it
   * is, the events it was made of, as JSON.
   */
  readonly form: 'frames' | 'reply' | 'events';
  readonly text: string;
  /** The dialect of the request it was made for: to another it is told in that one's words. */
  readonly askedIn: CallerDialectId;
  /** Of frames: when each came, in milliseconds after the first. Null: not known. */
  readonly timesMs: readonly number[] | null;
  readonly usage: Usage;
  /** Some count of its usage is our estimate. */
  readonly usageEstimated: boolean;
  /** What it cost, in billionths of a US dollar; null: not known. */
  readonly costNano: number | null;
  readonly finishReason: string;
  /** What the request lost on its way to whoever answered. */
  readonly losses: readonly string[];
  readonly simulated: boolean;
}

/** How a request came by an answer that nobody was asked for. */
export interface Recall {
  /** `shared`: it was being made for somebody else who asked the same. */
  readonly kind: 'exact' | 'semantic' | 'shared';
  /** The generation id of the request it was made for. */
  readonly from: string;
  readonly model: string;
  readonly provider: string;
  /** Since it was whole; 0 where it was still being made. */
  readonly ageMs: number;
  /** Of the two prompts, where they differ: cosine, 1 for the same. Null: they do not differ. */
  readonly similarity: number | null;
  readonly simulated: boolean;
  readonly losses: readonly string[];
}

/** What was not used and not spent. Null: not known. */
export interface Saved {
  readonly usage: Usage;
  readonly costNano: number | null;
  readonly estimated: boolean;
}

/** The answer of a prompt that was found near enough, and that was not given. */
export interface NearMiss {
  /** Of the two prompts. */
  readonly similarity: number;
  /** What about them differs after all: `number`, `negation`, …; null: nothing, it would have been given. */
  readonly guard: string | null;
  /** It is only written down what would have been given. */
  readonly shadow: boolean;
  /** The generation id of the request the answer was made for. Null: not looked at. */
  readonly from: string | null;
}
