// LoggedWork: what an export sends beside the live requests: rows out of the log, for back-fills and gaps, and dead letters that are
// tried again. One page at a time, so that live requests go between.
import type { LogRow } from '../core/log-row.ts';
import type { DeadLetter } from './courier.ts';
import type { LoggedRows } from './export-lane.ts';
import type { Backfill, ExportState } from './export-state.ts';

const PAGE_ROWS = 1000;
const LETTERS_AT_ONCE = 100;

export interface LoggedPageWork {
  readonly kind: 'page' | 'letters';
  readonly rows: readonly LogRow[];
  /** All of them are there, or dead. @param dead those nobody would take */
  finish(dead: readonly DeadLetter[]): void;
}

export interface LoggedWorkOptions {
  readonly name: string;
  readonly state: ExportState;
  readonly log: LoggedRows;
  readonly dress: (row: LogRow) => LogRow | null;
  /** The names of the spools that are there. */
  readonly spools: () => ReadonlySet<string>;
  readonly say: (message: string) => void;
}

export class LoggedWork {
  readonly #options: LoggedWorkOptions;

  constructor(options: LoggedWorkOptions) {
    this.#options = options;
  }

  /** Null: there is nothing to do. Rejects where the log or the database cannot be read now. */
  async next(): Promise<LoggedPageWork | null> {
    return (await this.#letters()) ?? (await this.#page());
  }

  async #letters(): Promise<LoggedPageWork | null> {
    const { name, state, log, dress } = this.#options;
    const ids = state.lettersAgain(name, LETTERS_AT_ONCE);
    if (ids.length === 0) return null;
    const found = await log.rows(ids);
    const gone = ids.filter((_, at) => (found[at] ?? null) === null);
    state.removeLetters(name, gone, true);
    const rows = found.flatMap((row) => (row === null ? [] : (dress(row) ?? [])));
    return {
      kind: 'letters',
      rows,
      finish: (dead) => {
        const still = new Set(dead.map(({ id }) => id));
        const here = ids.filter((id) => !still.has(id) && !gone.includes(id));
        state.removeLetters(name, here, false);
      },
    };
  }

  async #page(): Promise<LoggedPageWork | null> {
    const { name, state, log, dress, spools } = this.#options;
    const backfill = state.takeBackfill(name, spools());
    if (backfill === null) return null;
    const range = backfill.ranges[backfill.ranges.length - 1 - backfill.rangeAt];
    if (range === undefined) {
      this.#advance(backfill, { rangeAt: backfill.rangeAt, cursor: null, rows: 0 });
      return null;
    }
    const [from, to] = range;
    const asked = { from, to, cursor: backfill.cursor, limit: PAGE_ROWS };
    const page = await log.page(asked);
    const rows = page.rows.flatMap((row) => dress(row) ?? []);
    const { nextCursor } = page;
    const rangeAt = nextCursor === null ? backfill.rangeAt + 1 : backfill.rangeAt;
    return {
      kind: 'page',
      rows,
      finish: (dead) =>
        this.#advance(backfill, { rangeAt, cursor: nextCursor, rows: rows.length - dead.length }),
    };
  }

  #advance(backfill: Backfill, to: Pick<Backfill, 'rangeAt' | 'cursor' | 'rows'>): void {
    const { name, state, say } = this.#options;
    const done = to.rangeAt >= backfill.ranges.length;
    state.advanceBackfill(backfill.id, { ...to, done });
    if (!done) return;
    const rows = backfill.rows + to.rows;
    say(
      backfill.kind === 'gap'
        ? `Export "${name}" has what it let pass: ${rows} rows out of the log.`
        : `Export "${name}" is back-filled: ${rows} rows out of the log (${backfill.id}).`,
    );
  }
}
