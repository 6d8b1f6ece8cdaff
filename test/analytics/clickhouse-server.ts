// ClickHouse's HTTP interface, as far as an export goes: statements that make tables, inserts by JSONEachRow, errors by their codes.
// clickhouse.com/docs/interfaces/http
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { bodyOf, type Misbehaving, serveMisbehaving } from './misbehaving.ts';

export const USER = { username: 'switchyard', password: 'ch-s3cret' };

interface StoredTable {
  /** Name → type, in order. */
  readonly columns: Map<string, string>;
  readonly rows: JsonObject[];
  readonly tokens: Set<string>;
  readonly statement: string;
}

export interface ClickHouseServer extends Misbehaving {
  readonly tables: Map<string, StoredTable>;
  /** The row of each id: what merges leave, and FINAL shows. */
  final(table: string): JsonObject[];
  /** The next call fails with this code. */
  failWith(code: number, text: string): void;
}

export async function startClickHouse(): Promise<ClickHouseServer> {
  const tables = new Map<string, StoredTable>();
  let next: { readonly code: number; readonly text: string } | null = null;
  const server = await serveMisbehaving(async (request) => {
    const { searchParams: asked } = new URL(request.url);
    const isUser =
      request.headers.get('x-clickhouse-user') === USER.username &&
      request.headers.get('x-clickhouse-key') === USER.password;
    if (!isUser)
      return failure(516, 'switchyard: Authentication failed', 'AUTHENTICATION_FAILED', 403);
    if (asked.get('wait_end_of_query') !== '1') return failure(1, 'wants wait_end_of_query', 'X');
    if (next !== null) {
      const { code, text } = next;
      next = null;
      return failure(code, text, 'MEMORY_LIMIT_EXCEEDED');
    }
    const body = await bodyOf(request);
    if (body === null) return failure(354, 'inflate failed', 'ZLIB_INFLATE_FAILED');
    const statement = asked.get('query') ?? body;
    if (statement.startsWith('CREATE TABLE')) return create(statement);
    if (statement.startsWith('ALTER TABLE')) return alter(statement);
    if (statement.startsWith('INSERT INTO')) return insert(statement, body, asked);
    return failure(62, 'Syntax error', 'SYNTAX_ERROR');
  });

  function create(statement: string): Response {
    const name = tableIn(statement);
    if (!name.startsWith('default.'))
      return failure(81, `Database ${name.split('.')[0]} does not exist`, 'UNKNOWN_DATABASE');
    if (tables.has(name)) return done();
    const columns = columnsIn(statement.slice(statement.indexOf('('), statement.indexOf('\n)\n')));
    if (
      !/ENGINE = ReplacingMergeTree\nPARTITION BY toYYYYMM\(at\)\nORDER BY \(at, id\)/.test(
        statement,
      )
    )
      return failure(36, 'engine', 'BAD_ARGUMENTS');
    tables.set(name, { columns, rows: [], tokens: new Set(), statement });
    return done();
  }

  function alter(statement: string): Response {
    const table = tables.get(tableIn(statement));
    if (table === undefined) return failure(60, 'Table does not exist', 'UNKNOWN_TABLE');
    for (const [name, type] of columnsIn(statement.replaceAll('ADD COLUMN IF NOT EXISTS', '')))
      if (!table.columns.has(name)) table.columns.set(name, type);
    return done();
  }

  function insert(statement: string, body: string, asked: URLSearchParams): Response {
    const table = tables.get(tableIn(statement));
    if (table === undefined) return failure(60, 'Table does not exist', 'UNKNOWN_TABLE');
    if (!statement.endsWith(' FORMAT JSONEachRow')) return failure(62, 'format', 'SYNTAX_ERROR');
    const names = [...statement.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '').slice(2);
    const unknown = names.find((name) => !table.columns.has(name));
    if (unknown !== undefined)
      return failure(16, `No such column ${unknown}`, 'NO_SUCH_COLUMN_IN_TABLE');
    if (asked.get('date_time_input_format') !== 'best_effort')
      return failure(41, 'Cannot parse datetime', 'CANNOT_PARSE_DATETIME');
    const rows: JsonObject[] = [];
    for (const line of body.split('\n').filter((text) => text !== '')) {
      const row = asObject(parseJson(line));
      const bad = row && names.find((name) => !fits(table.columns.get(name) ?? '', row[name]));
      if (row === undefined || bad !== undefined)
        // All of it or nothing, and the text of the row in the message.
        return failure(
          27,
          `Cannot parse input: expected '"' before: '${line.slice(0, 400)}': (while reading the value of key ${bad}): (at row 1)\n: While executing`,
          'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
        );
      rows.push(row);
    }
    const token = asked.get('insert_deduplication_token') ?? '';
    if (token !== '' && table.tokens.has(token)) return done();
    table.tokens.add(token);
    table.rows.push(...rows);
    return done();
  }

  return {
    ...server,
    tables,
    final: (name) => [
      ...new Map(tables.get(name)?.rows.map((row) => [`${row.at} ${row.id}`, row])).values(),
    ],
    failWith(code, text) {
      next = { code, text };
    },
  };
}

/** As each answer of it has. */
function done(text = ''): Response {
  return new Response(text, { headers: { 'x-clickhouse-query-id': Bun.randomUUIDv7() } });
}

function failure(code: number, text: string, name: string, status = 500): Response {
  return new Response(`Code: ${code}. DB::Exception: ${text}. (${name}) (version 26.9.2.1)\n`, {
    status,
    headers: { 'x-clickhouse-exception-code': String(code) },
  });
}

function tableIn(statement: string): string {
  const match = /`([^`]+)`\.`([^`]+)`/.exec(statement);
  return `${match?.[1]}.${match?.[2]}`;
}

function columnsIn(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^\s*`(\w+)` (\S+(?: 'UTC'\)+| 9\)+)?) COMMENT/gm)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );
}

function fits(type: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (value === null) return type.includes('Nullable');
  if (type.includes('String')) return typeof value === 'string';
  if (type.includes('Int64')) return Number.isSafeInteger(value);
  if (type.includes('Float64')) return typeof value === 'number';
  if (type.includes('Bool')) return typeof value === 'boolean';
  if (type.includes('Decimal'))
    return typeof value === 'string' && /^-?\d{1,9}\.\d{9}$/.test(value);
  return type.includes('DateTime64') && !Number.isNaN(Date.parse(String(value)));
}
