// WatchedExchanges: what rules want of finished exchanges, counted as they end: a fraction of a microsecond each, in bounded memory.
import type { Exchange } from '../core/exchange.ts';
import { RecentActivity } from './recent-activity.ts';

/** In which metadata callers name a conversation, the first that is there. */
const SESSION_NAMES = ['session_id', 'conversation_id', 'thread_id'] as const;
const MAX_NAME = 256;
const MAX_MODELS = 200;
/** Whose budgets are looked at, at a look. */
const MAX_CALLERS = 2000;
/** Of their names together: a user may be called whatever a body has room for. */
const MAX_CALLERS_CHARS = 500_000;
const BETWEEN = '\n';

/** What says most of who it is first. */
export const KINDS = ['user', 'session', 'key'] as const;
export type SubjectKind = (typeof KINDS)[number];

export interface UnpricedModel {
  readonly model: string;
  /** Requests since the last look. */
  readonly requests: number;
  readonly firstAt: number;
}

/** A key, and the user it called for; null: for nobody in particular. */
export interface Caller {
  readonly keyId: string;
  readonly user: string | null;
}

export class WatchedExchanges {
  readonly activity: { readonly [Kind in SubjectKind]: RecentActivity } = {
    user: new RecentActivity(),
    key: new RecentActivity(),
    session: new RecentActivity(),
  };
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #unpriced = new Map<string, { requests: number; firstAt: number }>();

  /** A key and a user with a line break between them. */
  #callers = new Set<string>();
  #callersChars = 0;
  #callersBefore: ReadonlySet<string> = new Set();

  constructor(now: () => number) {
    this.#now = now;
  }

  record(exchange: Exchange): void {
    const now = this.#now();
    this.#lastAt = now;
    const cost = exchange.costNano ?? 0;
    const { activity } = this;
    const { keyId } = exchange;
    const user = exchange.user === null ? null : bounded(exchange.user);
    if (user !== null) activity.user.add(user, cost, now, keyId);
    if (keyId !== null) {
      activity.key.add(keyId, cost, now);
      this.#noteCaller(keyId, exchange.user);
    }
    if (exchange.metadata !== null) {
      const name = sessionOf(exchange.metadata);
      // One of a user's is theirs, any other its key's.
      if (name !== null) activity.session.add(name, cost, now, user ?? keyId);
    }
    if (exchange.unpriced) this.#noteUnpriced(exchange, now);
  }

  /** When one ended last, Unix milliseconds. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Models that were used without a known price since this was asked last. */
  takeUnpriced(): readonly UnpricedModel[] {
    if (this.#unpriced.size === 0) return [];
    const taken = [...this.#unpriced].map(([model, seen]) => ({ model, ...seen }));
    this.#unpriced = new Map();
    return taken;
  }

  /** Who called since this was asked last, and the time before: what they spent may be counted a moment later. */
  takeCallers(): readonly Caller[] {
    const both = new Set([...this.#callersBefore, ...this.#callers]);
    this.#callersBefore = this.#callers;
    this.#callers = new Set();
    this.#callersChars = 0;
    return [...both].map((text) => {
      const at = text.indexOf(BETWEEN);
      if (at === -1) return { keyId: text, user: null };
      return { keyId: text.slice(0, at), user: text.slice(at + 1) };
    });
  }

  /** The whole name: by half of it, somebody else's budget would be read. Where it has no room, its key's is read all the same. */
  #noteCaller(keyId: string, user: string | null): void {
    const chars = keyId.length + (user === null ? 0 : user.length + 1);
    const caller = user === null ? keyId : keyId + BETWEEN + user;
    if (this.#callers.size >= MAX_CALLERS || this.#callers.has(caller)) return;
    if (this.#callersChars + chars <= MAX_CALLERS_CHARS) {
      this.#callers.add(caller);
      this.#callersChars += chars;
    } else this.#callers.add(keyId);
  }

  #noteUnpriced({ attempts }: Exchange, now: number): void {
    for (const attempt of attempts) {
      if (attempt.unpriced !== true) continue;
      const seen = this.#unpriced.get(attempt.model);
      if (seen !== undefined) seen.requests += 1;
      else if (this.#unpriced.size < MAX_MODELS)
        this.#unpriced.set(attempt.model, { requests: 1, firstAt: now });
    }
  }
}

function sessionOf(metadata: NonNullable<Exchange['metadata']>): string | null {
  for (const name of SESSION_NAMES) {
    const value = metadata[name];
    if (typeof value === 'string' && value !== '') return bounded(value);
  }
  return null;
}

function bounded(name: string): string {
  return name.length <= MAX_NAME ? name : name.slice(0, MAX_NAME);
}
