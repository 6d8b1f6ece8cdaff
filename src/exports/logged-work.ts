// LoggedWork: what an export sends beside the live requests: rows out of the log, for back-fills and gaps, and dead letters that are
// tried again. One page at a time, so that live requests go between.
import type { LogRow } from '../core/log-row.ts';
import type { Log } from '../lib/log.ts';
import type { DeadLetter } from './courier.ts';
import type { Backfill, BackfillStep } from './export-backfills.ts';
import type { LoggedRows } from './export-lane.ts';
import type { ExportState } from './export-state.ts';

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
  readonly source: LoggedRows;
  readonly dress: (row: LogRow) => LogRow | null;
  /** The names of the spools that are there. */
  readonly spools: () => ReadonlySet<string>;
  readonly log: Log;
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
    const { name, state, source, dress } = this.#options;
    const ids = state.lettersAgain(name, LETTERS_AT_ONCE);
    if (ids.length === 0) return null;
    const found = await source.rows(ids);
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
    const { name, state, source, dress, spools } = this.#options;
    const backfill = state.takeBackfill(name, spools());
    if (backfill === null) return null;
    const { rangeAt, cursor } = backfill;
    const range = backfill.ranges[backfill.ranges.length - 1 - rangeAt];
    if (range === undefined) {
      this.#advance(backfill, { rangeAt, cursor: null, rows: 0, rangeRows: 0, lost: 0 });
      return null;
    }
    const [from, to, expected = 0] = range;
    const page = await source.page({ from, to, cursor, limit: PAGE_ROWS });
    const all = page.rows.map(({ id }) => id);
    // Others of these minutes went out when their turn was.
    const owed = backfill.exact ? state.gapRowsAmong(backfill.id, all) : null;
    const own = owed === null ? page.rows : page.rows.filter(({ id }) => owed.has(id));
    const rows = own.flatMap((row) => dress(row) ?? []);
    const ids = owed === null ? {} : { ids: own.map(({ id }) => id) };
    const found = backfill.rangeRows + page.rows.length;
    const step =
      page.nextCursor === null
        ? // What was let pass and is not there now will never be: it was kept too short.
          {
            ...{ rangeAt: rangeAt + 1, cursor: null, rangeRows: 0 },
            lost: owed === null ? Math.max(0, expected - found) : 0,
          }
        : { rangeAt, cursor: page.nextCursor, rangeRows: found, lost: 0 };
    return {
      kind: 'page',
      rows,
      finish: (dead) =>
        this.#advance(backfill, { ...step, ...ids, rows: rows.length - dead.length }),
    };
  }

  #advance(backfill: Backfill, step: Omit<BackfillStep, 'done'>): void {
    const { name, state, log } = this.#options;
    const done = step.rangeAt >= backfill.ranges.length;
    const gone =
      done && backfill.exact ? state.gapRowsLeft(backfill.id) - (step.ids?.length ?? 0) : 0;
    state.advanceBackfill(backfill, { ...step, done });
    if (!done) return;
    const rows = backfill.rows + step.rows;
    const lost = backfill.lost + step.lost + gone;
    log(
      'info',
      backfill.kind === 'gap'
        ? `Export "${name}" has what it let pass: ${rows} rows out of the log.`
        : `Export "${name}" is back-filled: ${rows} rows out of the log (${backfill.id}).`,
    );
    if (lost > 0)
      log(
        'warn',
        `Export "${name}" has lost at least ${lost} rows: it let them pass, and the log had them no longer when it came to them. log.retention must be longer than the other side is away.`,
      );
  }
}
