// BillStore: the imported bills. Importing the same again, or what overlaps, replaces figure by figure and never adds up.
import type { BillDatabase, Statement as SqlStatement } from './bill-tables.ts';
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
  readonly database: BillDatabase;
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
  readonly #database: BillDatabase;

  constructor(options: BillStoreOptions) {
    this.#options = options;
    this.#database = options.database;
  }

  /** Rejects with `storage_unavailable`, as all below. */
  async keep(bill: NewBill): Promise<BillImport> {
    const kept = this.#describe(bill);
    await this.#database.write([
      insertImport(kept),
      ...(bill.whole ? clearDays(bill) : []),
      ...insertFigures(bill, kept),
      // An import all of whose figures were replaced has nothing left to tell.
      {
        sql: `DELETE FROM bill_imports WHERE id <> ? AND id NOT IN (SELECT import_id FROM billed_usage)
         AND id NOT IN (SELECT import_id FROM billed_days)`,
        parameters: [kept.id],
      },
    ]);
    return kept;
  }

  /** Newest first. */
  async imports(): Promise<readonly BillImport[]> {
    const sql = 'SELECT * FROM bill_imports ORDER BY id DESC';
    const rows = await this.#database.all<ImportRow>({ sql, parameters: [] });
    return rows.map((row) => ({
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
  async remove(id: string): Promise<boolean> {
    const sql = 'SELECT id FROM bill_imports WHERE id = ?';
    if ((await this.#database.all({ sql, parameters: [id] })).length === 0) return false;
    await this.#database.write([
      { sql: 'DELETE FROM billed_usage WHERE import_id = ?', parameters: [id] },
      { sql: 'DELETE FROM billed_days WHERE import_id = ?', parameters: [id] },
      { sql: 'DELETE FROM bill_imports WHERE id = ?', parameters: [id] },
    ]);
    return true;
  }

  /** @param first and last day, both in it */
  async figures(provider: Vendor, first: string, last: string): Promise<readonly BilledDay[]> {
    const rows = await this.#database.all<UsageRow>({
      sql: `SELECT provider, day, model, statement, counts, cost_nano, parts, place FROM billed_usage
       WHERE provider = ? AND day BETWEEN ? AND ? ORDER BY day, model, statement`,
      parameters: [provider, first, last],
    });
    return rows.map(({ cost_nano, counts, parts, ...row }) => ({
      ...row,
      counts: JSON.parse(counts) as Counts,
      costNano: cost_nano,
      parts: JSON.parse(parts) as readonly BilledPart[],
    }));
  }

  coverage(provider: Vendor, first: string, last: string): Promise<readonly BilledCoverage[]> {
    return this.#database.all<BilledCoverage>({
      sql: `SELECT day, statement, as_of AS "asOf" FROM billed_days
       WHERE provider = ? AND day BETWEEN ? AND ? ORDER BY day, statement`,
      parameters: [provider, first, last],
    });
  }

  async close(): Promise<void> {
    await this.#database.close();
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
}

function insertImport(kept: BillImport): SqlStatement {
  return {
    sql: `INSERT INTO bill_imports
      (id, provider, format, name, statements, first_day, last_day, figures, cost_nano, imported_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
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
    ],
  };
}

function clearDays({ provider, statements, days }: NewBill): SqlStatement[] {
  const sql = 'DELETE FROM billed_usage WHERE provider = ? AND day = ? AND statement = ?';
  return statements.flatMap((statement) =>
    days.map((day) => ({ sql, parameters: [provider, day, statement] })),
  );
}

function insertFigures(bill: NewBill, { id, importedAt }: BillImport): SqlStatement[] {
  const { provider, figures, statements, days } = bill;
  const ofFigures = figures.map(({ day, model, statement, counts, costNano, parts, place }) => ({
    sql: `INSERT INTO billed_usage
      (provider, day, model, statement, import_id, counts, cost_nano, parts, place)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (provider, day, model, statement) DO UPDATE SET import_id = excluded.import_id,
      counts = excluded.counts, cost_nano = excluded.cost_nano, parts = excluded.parts, place = excluded.place`,
    parameters: [
      ...[provider, day, model, statement, id, JSON.stringify(counts), costNano],
      ...[JSON.stringify(parts), place],
    ],
  }));
  const ofDays = statements.flatMap((statement) =>
    days.map((day) => ({
      sql: `INSERT INTO billed_days (provider, day, statement, import_id, as_of) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (provider, day, statement) DO UPDATE SET import_id = excluded.import_id, as_of = excluded.as_of`,
      parameters: [provider, day, statement, id, importedAt],
    })),
  );
  return [...ofFigures, ...ofDays];
}
