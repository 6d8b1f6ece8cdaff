// The deadlines of one attempt, kept by a single timer that is never reset per event.
import { GatewayError } from '../core/errors.ts';

/** All in milliseconds; null: no such limit. */
export interface AttemptLimits {
  readonly connectMs: number | null;
  readonly firstTokenMs: number | null;
  readonly idleMs: number | null;
  /** Tokens a second, from the first one on. */
  readonly minTokensPerS?: number | null;
  /** Over which time the speed is measured (default 3 s). */
  readonly speedWindowMs?: number;
}

type Phase = 'headers' | 'first-token' | 'streaming' | 'done';

/** Shorter ones would take a pause between two sentences for slowness. */
const USUAL_SPEED_WINDOW_MS = 3000;
const CHARS_PER_TOKEN = 4;

/** Time enough for a second SYN where the first was lost. */
const MAX_PROBE_MS = 2000;

/**
 * Watches one attempt and aborts it with the GatewayError that says which limit it broke.
 * `connected` is asked only when most of the connect limit has passed without reply headers: fetch does not tell a slow
 * connect from a slow answer, so a probe decides, in what is left of the limit.
 */
export class AttemptWatch {
  readonly #abort: (error: GatewayError) => void;
  readonly #limits: AttemptLimits;
  readonly #connected: (withinMs: number) => Promise<boolean>;
  readonly #startedAt = performance.now();
  /** When the first token began to be waited for: a place among the provider's requests may have had to come free first. */
  readonly #askedAt: number;
  #phase: Phase = 'headers';
  #lastEventAt = this.#startedAt;
  #probed = false;
  #rests = false;
  readonly #outputChars: () => number;
  /** Where the speed was looked at last, and how long nobody asked for more since. */
  #window = { at: 0, chars: 0, restedMs: 0, restsSince: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param waitedMs how long the request had waited before it could be sent; the first token's limit counts it.
   * @param outputChars how much of the answer has come.
   */
  constructor(
    limits: AttemptLimits,
    abort: (error: GatewayError) => void,
    connected: (withinMs: number) => Promise<boolean>,
    waitedMs = 0,
    outputChars: () => number = () => 0,
  ) {
    this.#askedAt = this.#startedAt - waitedMs;
    this.#limits = limits;
    this.#abort = abort;
    this.#connected = connected;
    this.#outputChars = outputChars;
    this.#arm();
  }

  /** Reply headers came: from here on the connection is known to be good. */
  headers(): void {
    if (this.#phase === 'headers') this.#phase = 'first-token';
  }

  /** Something came. Costs one clock read. */
  event(): void {
    this.#lastEventAt = performance.now();
  }

  /** Nobody waits for more: whoever reads is slow, and silence is not the provider's. */
  rests(): void {
    if (this.#limits.minTokensPerS != null && !this.#rests)
      this.#window.restsSince = performance.now();
    this.#rests = true;
  }

  /** More is waited for, from now on. */
  asks(): void {
    if (!this.#rests) return;
    this.#rests = false;
    this.event();
    if (this.#limits.minTokensPerS != null)
      this.#window.restedMs += this.#lastEventAt - this.#window.restsSince;
  }

  /** The first content came: from here on only silence counts. */
  firstToken(): void {
    if (this.#phase === 'done') return;
    this.#phase = 'streaming';
    this.event();
    this.#look(this.#lastEventAt);
    this.#arm();
  }

  /** The attempt is over: nothing fires after this. */
  done(): void {
    this.#phase = 'done';
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const due = this.#due();
    if (due === null) return;
    this.#timer = setTimeout(() => this.#check(), Math.max(1, due - performance.now()));
  }

  #due(): number | null {
    const { connectMs, firstTokenMs } = this.#limits;
    if (this.#phase === 'streaming') return this.#dueStreaming();
    if (this.#phase === 'done') return null;
    const connect =
      this.#phase === 'headers' && !this.#probed && connectMs !== null
        ? this.#startedAt + connectMs - probeMs(connectMs)
        : null;
    const first = firstTokenMs === null ? null : this.#askedAt + firstTokenMs;
    return connect === null ? first : first === null ? connect : Math.min(connect, first);
  }

  #check(): void {
    const broken = this.#broken(performance.now());
    if (broken) this.#abort(broken);
    else this.#arm();
  }

  /** The limit that is over now, as the error that says so. */
  #broken(now: number): GatewayError | null {
    const { connectMs, firstTokenMs, idleMs } = this.#limits;
    if (this.#phase === 'streaming') {
      if (this.#rests) this.#lastEventAt = now;
      if (idleMs === null || now < this.#lastEventAt + idleMs) return this.#tooSlow(now);
      const silence = `The provider sent nothing for ${idleMs} ms in the middle of its answer.`;
      return new GatewayError('upstream_idle_timeout', silence);
    }
    if (firstTokenMs !== null && now >= this.#askedAt + firstTokenMs) {
      const late = `The provider's first token did not come within ${firstTokenMs} ms.`;
      return new GatewayError('upstream_first_token_timeout', late);
    }
    if (this.#phase === 'headers' && !this.#probed && connectMs !== null) {
      if (now >= this.#startedAt + connectMs - probeMs(connectMs)) {
        this.#probed = true;
        void this.#probe(connectMs);
      }
    }
    return null;
  }

  #dueStreaming(): number | null {
    const { idleMs, minTokensPerS } = this.#limits;
    const idle = idleMs === null ? null : this.#lastEventAt + idleMs;
    if (minTokensPerS == null) return idle;
    const look = this.#window.at + this.#windowMs;
    return idle === null ? look : Math.min(idle, look);
  }

  /** The speed of the window that ends now, where one does: slowness of whoever reads does not count. */
  #tooSlow(now: number): GatewayError | null {
    const { minTokensPerS } = this.#limits;
    const { at, chars, restedMs, restsSince } = this.#window;
    if (minTokensPerS == null || now < at + this.#windowMs) return null;
    const restingMs = this.#rests ? now - Math.max(restsSince, at) : 0;
    const askedMs = now - at - restedMs - restingMs;
    const tokens = (this.#outputChars() - chars) / CHARS_PER_TOKEN;
    this.#look(now);
    if (askedMs < this.#windowMs / 2 || tokens * 1000 >= minTokensPerS * askedMs) return null;
    const perS = Math.round((tokens * 10_000) / askedMs) / 10;
    return new GatewayError(
      'upstream_too_slow',
      `The provider answers with about ${perS} tokens a second; at least ${minTokensPerS} were asked for.`,
    );
  }

  get #windowMs(): number {
    return this.#limits.speedWindowMs ?? USUAL_SPEED_WINDOW_MS;
  }

  #look(now: number): void {
    this.#window = { at: now, chars: this.#outputChars(), restedMs: 0, restsSince: now };
  }

  async #probe(connectMs: number): Promise<void> {
    const connected = await this.#connected(probeMs(connectMs));
    if (connected || this.#phase !== 'headers') return;
    this.#abort(
      new GatewayError(
        'upstream_connect_timeout',
        `No connection to the provider within ${connectMs} ms.`,
      ),
    );
  }
}

function probeMs(connectMs: number): number {
  return Math.min(MAX_PROBE_MS, connectMs / 2);
}
