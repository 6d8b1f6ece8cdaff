// Bills in a database file of their own in the data folder.
import { openStore, type Store } from '../store/open-store.ts';
import { BILL_TABLES, type BillDatabase, type Statement } from './bill-tables.ts';

const FILE = 'bills.db';

const MIGRATIONS = [
  {
    name: '001-bills',
    up(sqlite: Store['sqlite']): void {
      for (const table of BILL_TABLES) sqlite.run(table);
    },
  },
];

/** The file is opened with the first question. */
export class SqliteBills implements BillDatabase {
  readonly #dataDir: string;
  #opened: Store | null = null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async all<Row>({ sql, parameters }: Statement): Promise<readonly Row[]> {
    const statement = this.#store().sqlite.prepare<Row, (string | number | null)[]>(sql);
    try {
      return statement.all(...parameters);
    } finally {
      statement.finalize();
    }
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.#store().write((sqlite) => {
      for (const { sql, parameters } of statements) sqlite.run(sql, [...parameters]);
    });
  }

  close(): void {
    this.#opened?.close();
    this.#opened = null;
  }

  #store(): Store {
    this.#opened ??= openStore({ dataDir: this.#dataDir, file: FILE, migrations: MIGRATIONS });
    return this.#opened;
  }
}
