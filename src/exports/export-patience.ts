// ExportPatience: when an export tries again after something went wrong, and what is said of it: once, until it is over.
import type { Log } from '../lib/log.ts';
import type { Carried } from './courier.ts';

const FIRST_WAIT_MS = 200;
/** A single failure is nobody's to hear of: the next try goes well, mostly. */
const SAID_AT_FAILURES = 3;
const MAX_WAIT_MS = 60_000;
const MAX_RETRY_AFTER_MS = 15 * 60_000;
/** Somebody has to do something first. */
const REFUSED_WAIT_MS = 5 * 60_000;
/** New rows may show that it was those, not the place. */
const REFUSED_ROWS_WAIT_MS = 30_000;

export interface PatienceOptions {
  readonly name: string;
  readonly log: Log;
  readonly chance: () => number;
  readonly now: () => number;
  /** Since when nothing went out in an earlier life. */
  readonly since?: number | null;
}

export class ExportPatience {
  readonly #options: PatienceOptions;
  #failures = 0;
  #total = 0;
  #retryAt = 0;
  #kind: 'later' | 'refused' | null = null;
  #since: number | null = null;
  /** What the log was told, and not yet that it is over. */
  #said: string | null = null;
  #last: { readonly why: string; readonly at: number } | null = null;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#since = options.since ?? null;
  }

  /** How long nothing is to be tried; 0: it may be now. */
  waitMs(): number {
    return this.#kind === null ? 0 : Math.max(0, this.#retryAt - this.#options.now());
  }

  get kind(): 'later' | 'refused' | null {
    return this.#kind;
  }

  get since(): number | null {
    return this.#since;
  }

  get last(): { readonly why: string; readonly at: number } | null {
    return this.#last;
  }

  /** All there were. */
  get failures(): number {
    return this.#total;
  }

  failed(result: Exclude<Carried, { readonly kind: 'done' }>): void {
    const { name, log, chance, now } = this.#options;
    this.#total += 1;
    // Some of it went: the failures before are over.
    if (result.delivered > 0) this.#failures = 0;
    this.#kind = result.kind;
    this.#since ??= now();
    const why = result.why.replace(/\.$/, '');
    this.#last = { why, at: now() };
    if (result.kind === 'refused') {
      this.#retryAt = now() + (result.splits ? REFUSED_ROWS_WAIT_MS : REFUSED_WAIT_MS);
      if (this.#said !== why)
        log(
          'error',
          `Export "${name}" is refused: ${why}. Nothing is lost; it is tried again every few minutes, or at once with POST /router/v1/exports/${name}:test.`,
        );
      this.#said = why;
      return;
    }
    // Twice as long each time, and by chance up to half as long again, so that many do not come at once.
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, MAX_WAIT_MS) * (1 + chance() / 2);
    const askedMs = Math.min(result.afterMs ?? 0, MAX_RETRY_AFTER_MS);
    this.#failures += 1;
    this.#retryAt = now() + Math.max(waitMs, askedMs);
    if (this.#said !== null || this.#failures < SAID_AT_FAILURES) return;
    this.#said = why;
    log('warn', `Export "${name}" has to wait: ${why}. Rows are kept.`);
  }

  /** The other side is ready for rows, and has none yet: whether it takes them is not known. */
  opened(): void {
    this.#kind = null;
  }

  worked(): void {
    if (this.#said !== null)
      this.#options.log('info', `Export "${this.#options.name}" goes on again.`);
    this.#said = null;
    this.#failures = 0;
    this.#kind = null;
    this.#since = null;
  }

  /** The operator says that it may work now. */
  hurry(): void {
    this.#retryAt = 0;
  }
}
