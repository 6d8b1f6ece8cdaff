// Bills in PostgreSQL, beside the log that is there: every gateway of the database sees the same.
import { BILL_TABLES, type BillDatabase, type Statement } from '../reconcile/bill-tables.ts';
import type { PostgresConnection } from '../store/postgres/connection.ts';
import { lockNamed } from '../store/postgres/locks.ts';

export class PostgresBills implements BillDatabase {
  readonly #url: string;
  #opening: Promise<PostgresConnection> | null = null;

  /** Connects with the first question. */
  constructor(url: string) {
    this.#url = url;
  }

  async all<Row>({ sql, parameters }: Statement): Promise<readonly Row[]> {
    return (await this.#opened()).query<Row>(numbered(sql), parameters);
  }

  async write(statements: readonly Statement[]): Promise<void> {
    const connection = await this.#opened();
    await connection.transaction('SELECT 1', async (client) => {
      for (const { sql, parameters } of statements) await client.query(numbered(sql), parameters);
    });
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    await opening?.then((connection) => connection.close()).catch(() => null);
  }

  /** Again with the next question where that failed. */
  #opened(): Promise<PostgresConnection> {
    if (this.#opening !== null) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    opening.catch(() => {
      this.#opening = null;
    });
    return opening;
  }

  async #open(): Promise<PostgresConnection> {
    const { PostgresConnection } = await import('../store/postgres/connection.ts');
    const connection = new PostgresConnection(this.#url, { write: true, connections: 2 });
    try {
      // Two gateways that make the tables at once must not meet.
      await connection.transaction(lockNamed('bills'), async (client) => {
        for (const table of BILL_TABLES) await client.query(table);
      });
      return connection;
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  }
}

/** `?` as PostgreSQL counts them. */
function numbered(sql: string): string {
  let at = 0;
  return sql.replace(/\?/g, () => {
    at += 1;
    return `$${at}`;
  });
}
