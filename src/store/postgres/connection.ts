// Connections to PostgreSQL: a few, that notice a server that hangs, and come back by themselves when it does.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { isAnswer, placeOf, postgresError } from './postgres-error.ts';

const CONNECT_MS = 5000;
/** A server that has not answered by then is taken for gone. Its own limit comes a little sooner. */
const WRITE_MS = 30_000;
const READ_MS = 60_000;
/** What the network may add to the server's own limit. */
const GRACE_MS = 2000;
const CLOSE_MS = 1000;
const IDLE_MS = 60_000;
const INT8 = 20;
/** The spool gives up what is committed: a server set to be forgetful must not forget this. */
const DURABLE = 'SET LOCAL synchronous_commit = on';

interface Answer<Row> {
  readonly rows: Row[];
  readonly rowCount: number | null;
}

/** A connection while it is somebody's: each question within a limit. */
export interface Client {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Answer<Row>>;
}

export interface ConnectionOptions {
  readonly write: boolean;
  readonly connections: number;
  /** Of one statement; as long as is usual where it is left out. */
  readonly limitMs?: number;
}

export class PostgresConnection {
  /** `host:port/database`, for messages. */
  readonly place: string;
  readonly #pool: pg.Pool;
  readonly #limitMs: number;

  /** Connects with the first query. */
  constructor(url: string, { write, connections, limitMs }: ConnectionOptions) {
    this.place = placeOf(url);
    this.#limitMs = limitMs ?? (write ? WRITE_MS : READ_MS);
    this.#pool = new pg.Pool({
      ...addressOf(url),
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_MS,
      query_timeout: this.#limitMs + GRACE_MS,
      // Nobody waits for the answer any longer; those who write say their limit with each transaction.
      ...(write ? {} : { statement_timeout: this.#limitMs }),
      keepAlive: true,
      application_name: 'switchyard',
      types: { getTypeParser: typeParser },
    });
    // A connection that is lost while nobody uses it is no event: the next question opens another.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Rejects with `storage_unavailable`. */
  async query<Row>(
    text: string,
    values: readonly unknown[] = [],
    limitMs: number = this.#limitMs,
  ): Promise<Row[]> {
    return this.with(async (client) => (await client.query<Row>(text, values)).rows, limitMs);
  }

  /**
   * One transaction. `first` is SQL that goes with its beginning, in the same round trip; `work` gets the rows of its last
   * statement. Rejects with what PostgreSQL said, or `storage_unavailable`.
   */
  async transaction<T>(
    first: string,
    work: (client: Client, rows: readonly unknown[]) => Promise<T>,
    limitMs: number = this.#limitMs,
  ): Promise<T> {
    return this.with(async (client) => {
      const begin = `BEGIN; ${DURABLE}; SET LOCAL statement_timeout = ${limitMs}; ${first}`;
      // Of several statements there are several answers.
      const answers = (await client.query(begin)) as unknown as readonly pg.QueryResult[];
      const result = await work(client, answers.at(-1)?.rows ?? []);
      await client.query('COMMIT');
      return result;
    }, limitMs);
  }

  /** Rejects with what PostgreSQL said where that may be told apart (`isRefusal` …), else with `storage_unavailable`. */
  async with<T>(work: (client: Client) => Promise<T>, limitMs: number = this.#limitMs): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw postgresError(error, this.place);
    });
    try {
      const result = await work(limited(client, limitMs));
      client.release();
      return result;
    } catch (error) {
      const usable = isAnswer(error) && (await rolledBack(client));
      client.release(!usable);
      throw isAnswer(error) ? error : postgresError(error, this.place);
    }
  }

  /** Does not wait long for a server that hangs. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    void this.#pool.end().then(resolve, resolve);
    await promise;
    clearTimeout(timer);
  }
}

/** Whose questions are given up when the server has not answered them by then, though it hangs. */
function limited(client: pg.PoolClient, limitMs: number): Client {
  return {
    query: <Row>(text: string, values: readonly unknown[] = []) => {
      const question = { text, values: [...values], query_timeout: limitMs + GRACE_MS };
      return client.query(question) as Promise<unknown> as Promise<Answer<Row>>;
    },
  };
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** Counts and sums are far below 2^53. */
function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8 ? Number : pg.types.getTypeParser(oid, format);
}

/**
 * The URL's `sslmode` as PostgreSQL's own clients read it (postgresql.org/docs/current/libpq-ssl.html): up to `require` the
 * connection is encrypted and the certificate not looked at, unless a root certificate is named.
 */
function addressOf(text: string): pg.PoolConfig {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { connectionString: text };
  }
  const mode = url.searchParams.get('sslmode');
  const root = url.searchParams.get('sslrootcert');
  const asked = ['sslmode', 'sslrootcert'].some((name) => url.searchParams.has(name));
  if (!asked) return { connectionString: text };
  url.searchParams.delete('sslmode');
  url.searchParams.delete('sslrootcert');
  const connectionString = url.href;
  if (mode === 'disable' || mode === 'allow' || mode === 'prefer')
    return { connectionString, ssl: false };
  const ca = root === null || root === 'system' ? {} : { ca: readFileSync(root, 'utf8') };
  if (mode === 'verify-full') return { connectionString, ssl: ca };
  if (mode === 'verify-ca' || root !== null)
    return { connectionString, ssl: { ...ca, checkServerIdentity: () => undefined } };
  return { connectionString, ssl: { rejectUnauthorized: false } };
}
