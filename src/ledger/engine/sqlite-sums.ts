// The file `usage.db` of the log on SQLite: sums, open hours, prices, and which days are dropped.

import { dayOf } from '../../lib/utc-day.ts';
import type { PricesTable, UsageTable } from '../../store/tables.ts';
import { type OpenFile, prepared, type SqliteFiles, transaction } from './sqlite-files.ts';
import { cubesOf, USAGE_COLUMNS, usageValues } from './usage-columns.ts';

const INSERT_USAGE = `INSERT INTO usage (${USAGE_COLUMNS.join(', ')})
  VALUES (${USAGE_COLUMNS.map(() => '?').join(', ')})`;

/** The stamp is chance (53 bits): one that was there before never comes again, whoever closed the hour meanwhile. */
const MARK = `INSERT INTO open_hours (hour, stamp) VALUES (?, (random() >> 11) & ${Number.MAX_SAFE_INTEGER})
  ON CONFLICT DO UPDATE SET stamp = excluded.stamp`;

export class SqliteSums {
  readonly #files: SqliteFiles;

  constructor(files: SqliteFiles) {
    this.#files = files;
  }

  /** Committed when it returns. */
  mark(hours: readonly number[]): void {
    const file = this.#file();
    const isNew = hours.some((hour) => this.stampOf(hour) === null);
    // A new mark is on the disk before the first row of its hour can be.
    if (isNew) file.sqlite.run('PRAGMA synchronous = FULL');
    try {
      transaction(file, () => {
        const mark = prepared(file, MARK);
        for (const hour of hours) mark.run(hour);
      });
    } finally {
      if (isNew) file.sqlite.run('PRAGMA synchronous = NORMAL');
    }
  }

  /** Another one each time that rows come into the hour; null: none came since it was closed. */
  stampOf(hour: number): number | null {
    const file = this.#file();
    const row = prepared(file, 'SELECT stamp FROM open_hours WHERE hour = ?').get(hour);
    return (row as { stamp: number } | null)?.stamp ?? null;
  }

  /** The stamp of an hour that is open, or is from now on. */
  opened(hour: number): number {
    const stamp = this.stampOf(hour);
    if (stamp !== null) return stamp;
    this.mark([hour]);
    return this.opened(hour);
  }

  clear(hour: number): void {
    const file = this.#file();
    transaction(file, () => prepared(file, 'DELETE FROM open_hours WHERE hour = ?').run(hour));
  }

  /** False: since the stamp was read rows came in, another closed it, or its day was dropped (what `rows` is of is not all of it then). */
  close(hour: number, stamp: number, rows: readonly UsageTable[]): boolean {
    const file = this.#file();
    return transaction(file, () => {
      if (this.stampOf(hour) !== stamp) return false;
      if (dayOf(hour) < (this.droppedBefore() ?? '')) {
        prepared(file, 'DELETE FROM open_hours WHERE hour = ?').run(hour);
        return false;
      }
      // By cube, as the key begins: without it, every sum there is would be looked at.
      const remove = prepared(
        file,
        "DELETE FROM usage WHERE cube = ? AND grain = 'hour' AND at = ?",
      );
      for (const name of cubesOf(rows)) remove.run(name, hour);
      this.#insert(file, rows);
      prepared(file, 'DELETE FROM open_hours WHERE hour = ?').run(hour);
      return true;
    });
  }

  replace(
    grain: UsageTable['grain'],
    at: number,
    cubes: readonly string[],
    rows: Iterable<UsageTable>,
  ): void {
    const file = this.#file();
    transaction(file, () => {
      const remove = prepared(file, 'DELETE FROM usage WHERE cube = ? AND grain = ? AND at = ?');
      for (const cube of cubes) remove.run(cube, grain, at);
      this.#insert(file, rows);
    });
  }

  prune(grain: UsageTable['grain'], before: number, cubes: readonly string[] | null): void {
    const file = this.#file();
    transaction(file, () => {
      if (cubes === null) {
        prepared(file, 'DELETE FROM usage WHERE grain = ? AND at < ?').run(grain, before);
        return;
      }
      const remove = prepared(file, 'DELETE FROM usage WHERE cube = ? AND grain = ? AND at < ?');
      for (const cube of cubes) remove.run(cube, grain, before);
    });
  }

  keepPrices(prices: readonly PricesTable[]): void {
    const file = this.#file();
    transaction(file, () => {
      const keep = prepared(
        file,
        'INSERT INTO prices (version, model, price, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      );
      for (const { version, model, price, since } of prices) keep.run(version, model, price, since);
    });
  }

  /** The first day that is not dropped. */
  droppedBefore(): string | null {
    const file = this.#files.file('usage');
    if (file === null) return null;
    const row = prepared(file, "SELECT value FROM log_state WHERE name = 'dropped_before'").get();
    return (row as { value: string } | null)?.value ?? null;
  }

  dropBefore(day: string): void {
    const file = this.#file();
    transaction(file, () =>
      prepared(
        file,
        `INSERT INTO log_state (name, value) VALUES ('dropped_before', ?)
          ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`,
      ).run(day),
    );
  }

  #insert(file: OpenFile, rows: Iterable<UsageTable>): void {
    const insert = prepared(file, INSERT_USAGE);
    for (const row of rows) insert.run(...usageValues(row));
  }

  #file(): OpenFile {
    const file = this.#files.file('usage', true);
    return file as OpenFile;
  }
}
