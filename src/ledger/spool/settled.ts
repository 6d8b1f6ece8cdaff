// SettledPositions: how far each spool is in the database, kept together with what its rows add to the experiments: in one
// transaction, so that a batch is added once, whatever dies between it and the log's own database.
import type { Database } from 'bun:sqlite';
import type { Exchange } from '../../core/exchange.ts';
import { connect } from '../../store/connect.ts';
import { settleFile } from '../../store/settle-file.ts';
import { isBusy } from '../../store/storage-error.ts';
import { ExposureBatch, ExposureStatements } from '../exposures.ts';
import { SPOOL_START, type SpoolPosition } from './spool-folder.ts';

export class SettledPositions {
  readonly #path: string;
  #sqlite: Database | null = null;
  #exposures: ExposureStatements | null = null;

  /** @param path switchyard.db, already migrated. */
  constructor(path: string) {
    this.#path = path;
  }

  of(spool: string): SpoolPosition {
    return this.#try((sqlite) => {
      const sql = 'SELECT segment, "offset" FROM spool_positions WHERE spool = ?';
      return sqlite.query<SpoolPosition, [string]>(sql).get(spool) ?? SPOOL_START;
    });
  }

  /** False: the spool is no longer at `from`, so another has done it; nothing is added then. Throws SQLite's errors. */
  settle(
    spool: string,
    from: SpoolPosition,
    to: SpoolPosition,
    exchanges: readonly Exchange[],
  ): boolean {
    const exposures = new ExposureBatch();
    for (const exchange of exchanges) exposures.add(exchange);
    return this.#try((sqlite) =>
      sqlite
        .transaction(() => {
          if (!moved(sqlite, spool, from, to)) return false;
          if (exposures.isEmpty) return true;
          this.#exposures ??= new ExposureStatements(sqlite);
          exposures.write(this.#exposures);
          return true;
        })
        .immediate(),
    );
  }

  /** Resolves when what was settled survives a power cut. Rejects with the system's error. */
  flushed(): Promise<void> {
    return settleFile(this.#path);
  }

  /** The spool is gone. */
  forget(spool: string): void {
    this.#try((sqlite) => sqlite.run('DELETE FROM spool_positions WHERE spool = ?', [spool]));
  }

  close(): void {
    try {
      // SQLite keeps a closed connection alive until its last statement is gone.
      this.#exposures?.finalize();
      this.#sqlite?.close();
    } catch {
      // it was unusable already
    }
    this.#exposures = null;
    this.#sqlite = null;
  }

  /** After an error the next one opens a new connection: the file may have been replaced, or its disk mounted again. */
  #try<T>(work: (sqlite: Database) => T): T {
    try {
      this.#sqlite ??= connect(this.#path);
      return work(this.#sqlite);
    } catch (error) {
      if (!isBusy(error)) this.close();
      throw error;
    }
  }
}

function moved(sqlite: Database, spool: string, from: SpoolPosition, to: SpoolPosition): boolean {
  if (from.segment === SPOOL_START.segment && from.offset === SPOOL_START.offset) {
    const first = `INSERT INTO spool_positions (spool, segment, "offset") VALUES (?, ?, ?)
      ON CONFLICT DO NOTHING`;
    sqlite.query(first).run(spool, from.segment, from.offset);
  }
  const step = `UPDATE spool_positions SET segment = ?, "offset" = ?
    WHERE spool = ? AND segment = ? AND "offset" = ?`;
  const { changes } = sqlite
    .query(step)
    .run(to.segment, to.offset, spool, from.segment, from.offset);
  return changes === 1;
}
