// ExposureMemory: which users were told to have got which variant, and when, in switchyard.db: what is told again has the same time.
import { connect } from '../store/connect.ts';

export interface Exposure {
  /** When the request arrived that it was told of first: Unix milliseconds. */
  readonly at: number;
  /** The other side has it; false: it may have. */
  readonly told: boolean;
}

export interface ExposureMemory {
  find(id: string): Exposure | null;
  /** All of them as they are from here on. Throws the system's errors. */
  keep(exposures: ReadonlyMap<string, Exposure>): void;
  close(): void;
}

/** Of one export; the oldest go for newer ones. */
const MAX_KEPT = 1_000_000;
/** How often it is looked whether there are more. */
const LOOK_EVERY = 10_000;

/** @param path switchyard.db, already migrated. @param name the export's */
export class KeptExposures implements ExposureMemory {
  readonly #path: string;
  readonly #name: string;
  #sqlite: ReturnType<typeof connect> | null = null;
  #kept = 0;

  constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
  }

  find(id: string): Exposure | null {
    const sql = 'SELECT at, told FROM export_exposures WHERE export = ? AND id = ?';
    const row = this.#open()
      .query<{ at: number; told: number }, [string, string]>(sql)
      .get(this.#name, id);
    return row === null ? null : { at: row.at, told: row.told === 1 };
  }

  keep(exposures: ReadonlyMap<string, Exposure>): void {
    if (exposures.size === 0) return;
    const sqlite = this.#open();
    const insert = sqlite.query(`INSERT INTO export_exposures (export, id, at, told)
      VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, told = excluded.told`);
    sqlite
      .transaction(() => {
        for (const [id, { at, told }] of exposures) insert.run(this.#name, id, at, told ? 1 : 0);
      })
      .immediate();
    this.#kept += exposures.size;
    if (this.#kept < LOOK_EVERY) return;
    this.#kept = 0;
    sqlite.run(
      `DELETE FROM export_exposures WHERE export = ?1 AND id IN (SELECT id FROM export_exposures
        WHERE export = ?1 ORDER BY at DESC LIMIT -1 OFFSET ${MAX_KEPT})`,
      [this.#name],
    );
  }

  close(): void {
    this.#sqlite?.close();
    this.#sqlite = null;
  }

  #open(): ReturnType<typeof connect> {
    this.#sqlite ??= connect(this.#path);
    return this.#sqlite;
  }
}
