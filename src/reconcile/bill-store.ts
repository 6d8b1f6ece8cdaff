// BillStore: the imported bills. Importing the same again, or what overlaps, replaces figure by figure and never adds up.
import type { Database } from 'bun:sqlite';
import { openStore, type Store } from '../store/open-store.ts';
import { BILL_MIGRATIONS, BILLS_FILE } from './bill-tables.ts';
import type { BilledDay, BilledPart, Statement, Vendor } from './billed.ts';
import { addKnown, type Counts } from './counts.ts';

/** A bill as it is handed in. */
export interface NewBill {
  readonly provider: Vendor;
  readonly format: string;
  /** The file's; null: fetched. */
  readonly name: string | null;
  readonly statements: readonly Statement[];
  readonly days: readonly string[];
  readonly figures: readonly BilledDay[];
  /** It is all there is of its statements on its days: what was there and is not in it goes. A file may be of some models only. */
  readonly whole: boolean;
}

export interface BillImport {
  readonly id: string;
  readonly provider: Vendor;
  readonly format: string;
  readonly name: string | null;
  readonly statements: readonly Statement[];
  readonly firstDay: string;
  readonly lastDay: string;
  /** How many sums by day, model and statement it brought. */
  readonly figures: number;
  readonly costNano: number | null;
  readonly importedAt: number;
}

/** A statement that tells of a day, and when it was asked for. */
export interface BilledCoverage {
  readonly day: string;
  readonly statement: Statement;
  readonly asOf: number;
}

export interface BillStoreOptions {
  readonly dataDir: string;
  readonly now: () => number;
  readonly newId: () => string;
}

interface ImportRow {
  readonly id: string;
  readonly provider: Vendor;
  readonly format: string;
  readonly name: string | null;
  readonly statements: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly figures: number;
  readonly cost_nano: number | null;
  readonly imported_at: number;
}

interface UsageRow {
  readonly provider: Vendor;
  readonly day: string;
  readonly model: string;
  readonly statement: Statement;
  readonly counts: string;
  readonly cost_nano: number | null;
  readonly parts: string;
  readonly place: string;
}

export class BillStore {
  readonly #options: BillStoreOptions;
  #opened: Store | null = null;

  /** The database is opened with the first question. */
  constructor(options: BillStoreOptions) {
    this.#options = options;
  }

  /** Rejects with `storage_unavailable`. */
  async keep(bill: NewBill): Promise<BillImport> {
    const kept = this.#describe(bill);
    await this.#store().write((sqlite) => {
      insertImport(sqlite, kept);
      if (bill.whole) clearDays(sqlite, bill);
      insertFigures(sqlite, bill, kept);
      // An import all of whose figures were replaced has nothing left to tell.
      sqlite.run(
        `DELETE FROM imports WHERE id <> ? AND id NOT IN (SELECT import_id FROM billed_usage)
         AND id NOT IN (SELECT import_id FROM billed_days)`,
        [kept.id],
      );
    });
    return kept;
  }

  /** Newest first. Throws `storage_unavailable`, as all below. */
  imports(): readonly BillImport[] {
    return this.#all<ImportRow>('SELECT * FROM imports ORDER BY id DESC', []).map((row) => ({
      id: row.id,
      provider: row.provider,
      format: row.format,
      name: row.name,
      statements: JSON.parse(row.statements) as readonly Statement[],
      firstDay: row.first_day,
      lastDay: row.last_day,
      figures: row.figures,
      costNano: row.cost_nano,
      importedAt: row.imported_at,
    }));
  }

  /** With the figures that are still its own. False: there is none. */
  remove(id: string): Promise<boolean> {
    return this.#store().write((sqlite) => {
      sqlite.run('DELETE FROM billed_usage WHERE import_id = ?', [id]);
      sqlite.run('DELETE FROM billed_days WHERE import_id = ?', [id]);
      return sqlite.run('DELETE FROM imports WHERE id = ?', [id]).changes > 0;
    });
  }

  /** @param first and last day, both in it */
  figures(provider: Vendor, first: string, last: string): readonly BilledDay[] {
    const rows = this.#all<UsageRow>(
      'SELECT * FROM billed_usage WHERE provider = ? AND day BETWEEN ? AND ? ORDER BY day, model, statement',
      [provider, first, last],
    );
    return rows.map(({ cost_nano, counts, parts, ...row }) => ({
      ...row,
      counts: JSON.parse(counts) as Counts,
      costNano: cost_nano,
      parts: JSON.parse(parts) as readonly BilledPart[],
    }));
  }

  coverage(provider: Vendor, first: string, last: string): readonly BilledCoverage[] {
    return this.#all<BilledCoverage>(
      'SELECT day, statement, as_of AS asOf FROM billed_days WHERE provider = ? AND day BETWEEN ? AND ? ORDER BY day, statement',
      [provider, first, last],
    );
  }

  close(): void {
    this.#opened?.close();
    this.#opened = null;
  }

  #describe(bill: NewBill): BillImport {
    const { now, newId } = this.#options;
    const days = [...bill.days].sort();
    return {
      id: newId(),
      provider: bill.provider,
      format: bill.format,
      name: bill.name,
      statements: bill.statements,
      firstDay: days[0] ?? '',
      lastDay: days.at(-1) ?? '',
      figures: bill.figures.length,
      costNano: bill.figures.reduce<number | null>(
        (sum, { costNano }) => addKnown(sum, costNano),
        null,
      ),
      importedAt: now(),
    };
  }

  #all<Row>(sql: string, parameters: string[]): Row[] {
    const statement = this.#store().sqlite.prepare<Row, string[]>(sql);
    try {
      return statement.all(...parameters);
    } finally {
      statement.finalize();
    }
  }

  #store(): Store {
    const { dataDir } = this.#options;
    this.#opened ??= openStore({ dataDir, file: BILLS_FILE, migrations: BILL_MIGRATIONS });
    return this.#opened;
  }
}

function insertImport(sqlite: Database, kept: BillImport): void {
  sqlite.run('INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
    kept.id,
    kept.provider,
    kept.format,
    kept.name,
    JSON.stringify(kept.statements),
    kept.firstDay,
    kept.lastDay,
    kept.figures,
    kept.costNano,
    kept.importedAt,
  ]);
}

function clearDays(sqlite: Database, { provider, statements, days }: NewBill): void {
  for (const statement of statements)
    for (const day of days)
      sqlite.run('DELETE FROM billed_usage WHERE provider = ? AND day = ? AND statement = ?', [
        provider,
        day,
        statement,
      ]);
}

function insertFigures(sqlite: Database, bill: NewBill, { id, importedAt }: BillImport): void {
  for (const figure of bill.figures)
    sqlite.run('INSERT OR REPLACE INTO billed_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
      bill.provider,
      figure.day,
      figure.model,
      figure.statement,
      id,
      JSON.stringify(figure.counts),
      figure.costNano,
      JSON.stringify(figure.parts),
      figure.place,
    ]);
  for (const statement of bill.statements)
    for (const day of bill.days)
      sqlite.run('INSERT OR REPLACE INTO billed_days VALUES (?, ?, ?, ?, ?)', [
        bill.provider,
        day,
        statement,
        id,
        importedAt,
      ]);
}
