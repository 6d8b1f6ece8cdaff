// The log's first tables: rows by day, sums, open hours, prices.
import type { LogMigration } from './index.ts';

// What is filtered and summed comes first: SQLite reads a row from its left and long texts spill at its right.
// `at` is null where it is the time in the id, as it is but for rows of the first releases.
const COLUMNS: readonly (readonly [name: string, sqlite: string, postgres: string])[] = [
  ['at', 'INTEGER', 'int8'],
  ['outcome', 'TEXT', 'text'],
  ['status', 'INTEGER', 'int4'],
  ['model', 'TEXT', 'text'],
  ['provider', 'TEXT', 'text'],
  ['key_id', 'TEXT', 'text'],
  ['user_id', 'TEXT', 'text'],
  ['requested_model', 'TEXT', 'text'],
  ['router_id', 'TEXT', 'text'],
  ['route_id', 'TEXT', 'text'],
  ['variant_id', 'TEXT', 'text'],
  ['cache', 'TEXT', 'text'],
  ['simulated', 'INTEGER', 'int2'],
  ['stream', 'INTEGER', 'int2'],
  ['endpoint', 'TEXT', 'text'],
  ['dialect', 'TEXT', 'text'],
  ['error_code', 'TEXT', 'text'],
  ['finish_reason', 'TEXT', 'text'],
  ['input_tokens', 'INTEGER', 'int8'],
  ['cache_read_tokens', 'INTEGER', 'int8'],
  ['cache_write_5m_tokens', 'INTEGER', 'int8'],
  ['cache_write_1h_tokens', 'INTEGER', 'int8'],
  ['output_tokens', 'INTEGER', 'int8'],
  ['reasoning_tokens', 'INTEGER', 'int8'],
  ['audio_in_tokens', 'INTEGER', 'int8'],
  ['audio_out_tokens', 'INTEGER', 'int8'],
  ['searches', 'INTEGER', 'int8'],
  ['images', 'INTEGER', 'int8'],
  ['characters', 'INTEGER', 'int8'],
  ['audio_seconds', 'REAL', 'float8'],
  ['usage_estimated', 'INTEGER', 'int2'],
  ['unpriced', 'INTEGER', 'int2'],
  ['resumed', 'INTEGER', 'int2'],
  ['cost_nano', 'INTEGER', 'int8'],
  ['delivered_tokens', 'INTEGER', 'int8'],
  ['ttft_ms', 'REAL', 'float8'],
  ['total_ms', 'REAL', 'float8'],
  ['trace_id', 'TEXT', 'text'],
  ['parent_span_id', 'TEXT', 'text'],
  ['attempts', 'TEXT', 'text'],
  ['error_message', 'TEXT', 'text'],
  ['reasoning', 'TEXT', 'text'],
  ['losses', 'TEXT', 'text'],
  ['metadata', 'TEXT', 'text'],
  ['facts', 'TEXT', 'text'],
  // Of a row that nobody answered: the provider that was tried, or that it was several (stored-values.ts).
  ['tried', 'TEXT', 'text'],
];

/** PostgreSQL's type of each column of `requests`. */
export const COLUMN_TYPES: ReadonlyMap<string, string> = new Map([
  ['id', 'uuid'],
  ...COLUMNS.map(([name, , postgres]): [string, string] => [name, postgres]),
]);

/** One filter each: newest first within its value. Names, columns (the id comes after them), and the rows that are in it. */
const INDEXES: readonly (readonly [name: string, columns: string, where: string | null])[] = [
  ['requests_user', 'user_id', 'user_id IS NOT NULL'],
  ['requests_key', 'key_id', 'key_id IS NOT NULL'],
  ['requests_model', 'model', null],
  // Most callers name the model that answers: those are in the index of models.
  ['requests_requested', 'requested_model', 'requested_model IS DISTINCT FROM model'],
  ['requests_provider', 'provider', 'provider IS NOT NULL'],
  ['requests_tried', 'tried', 'tried IS NOT NULL'],
  ['requests_router', 'router_id', 'router_id IS NOT NULL'],
  // By time; what failures are asked by is in the index itself.
  ['requests_failed', 'id, outcome, status, error_code', "outcome <> 'ok' OR status >= 400"],
  ['requests_cached', 'cache', 'cache IS NOT NULL'],
];

// SQLite has no figures of its own before somebody runs ANALYZE, and would take any index for as good as another: in an
// ordinary day's million rows, so many have one user, one key …
const LIKELY = `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('requests', 'requests', '1000000 1'),
  ('requests', 'requests_user', '900000 100 1'),
  ('requests', 'requests_key', '950000 20000 1'),
  ('requests', 'requests_model', '1000000 30000 1'),
  ('requests', 'requests_requested', '300000 10000 1'),
  ('requests', 'requests_provider', '970000 60000 1'),
  ('requests', 'requests_tried', '30000 3000 1'),
  ('requests', 'requests_router', '300000 30000 1'),
  ('requests', 'requests_failed', '40000 1 1 1 1'),
  ('requests', 'requests_cached', '50000 25000 1')`;

function sqliteRequests(): string[] {
  const columns = COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ');
  return [
    // In key order, so that a row costs one append at the right edge and no index of its own.
    `CREATE TABLE requests (id BLOB NOT NULL PRIMARY KEY, ${columns}) WITHOUT ROWID`,
    // Every index of such a table ends with the table's key.
    ...INDEXES.map(
      ([name, column, where]) =>
        `CREATE INDEX ${name} ON requests (${column})${where === null ? '' : ` WHERE ${where}`}`,
    ),
    'ANALYZE',
    'DELETE FROM sqlite_stat1',
    LIKELY,
    // Reads the figures.
    'ANALYZE sqlite_schema',
  ];
}

function postgresRequests(): string[] {
  const columns = COLUMNS.map(([name, , type]) => `${name} ${type}`).join(', ');
  return [
    `CREATE TABLE requests (id uuid NOT NULL PRIMARY KEY, ${columns}) PARTITION BY RANGE (id)`,
    ...INDEXES.map(
      ([name, column, where]) =>
        `CREATE INDEX ${name} ON requests (${column.startsWith('id') ? column : `${column}, id`})${where === null ? '' : ` WHERE ${where}`}`,
    ),
  ];
}

// Keys, users and routers before what served them: a question about one of them seeks it at each time.
const USAGE_KEY = [
  ...['cube', 'grain', 'at', 'key_id', 'user_id', 'router_id', 'route_id', 'variant_id'],
  ...['model', 'provider', 'endpoint'],
];
/** Of requests, of which a week has no two billion: half as wide in PostgreSQL. */
const USAGE_REQUESTS = [
  ...['requests', 'errors', 'aborted', 'attempts', 'rescued', 'cache_hits', 'unpriced'],
  'estimated',
];
const USAGE_AMOUNTS = [
  ...['cost_nano', 'input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens'],
  ...['cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens', 'audio_in_tokens'],
  ...['audio_out_tokens', 'searches', 'images', 'characters'],
];

interface Types {
  readonly text: string;
  readonly integer: string;
  readonly count: string;
  readonly real: string;
  readonly bytes: string;
}

function sums({ text, integer, count, real, bytes }: Types, ending: string) {
  const columns = [
    ...USAGE_KEY.map((name) => `${name} ${name === 'at' ? integer : text} NOT NULL`),
    ...USAGE_REQUESTS.map((name) => `${name} ${count} NOT NULL`),
    ...USAGE_AMOUNTS.map((name) => `${name} ${integer} NOT NULL`),
    `audio_seconds ${real} NOT NULL`,
    `ttft ${bytes}`,
    `total ${bytes}`,
  ];
  return [
    `CREATE TABLE usage (${columns.join(', ')}, PRIMARY KEY (${USAGE_KEY.join(', ')}))${ending}`,
    // `stamp` is another when rows came into the hour, so that a sum knows whether it had them all.
    `CREATE TABLE open_hours (hour ${integer} NOT NULL PRIMARY KEY, stamp ${integer} NOT NULL DEFAULT 0)`,
    `CREATE TABLE prices (version ${text} NOT NULL, model ${text} NOT NULL, price ${text} NOT NULL,
      since ${integer} NOT NULL, PRIMARY KEY (version, model))${ending}`,
    // `dropped_before`: the first day that retention has not dropped.
    `CREATE TABLE log_state (name ${text} NOT NULL PRIMARY KEY, value ${text} NOT NULL)${ending}`,
  ];
}

const SQLITE: Types = {
  text: 'TEXT',
  integer: 'INTEGER',
  count: 'INTEGER',
  real: 'REAL',
  bytes: 'BLOB',
};
const POSTGRES: Types = {
  text: 'text',
  integer: 'int8',
  count: 'int4',
  real: 'float8',
  bytes: 'bytea',
};

export const log: LogMigration = {
  name: '001-log',
  day: sqliteRequests(),
  usage: sums(SQLITE, ' WITHOUT ROWID'),
  postgres: [...postgresRequests(), ...sums(POSTGRES, '')],
};
