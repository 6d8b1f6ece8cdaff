// The table in ClickHouse: its columns, and the statements that make it and bring it up to date.
import { type ColumnType, FLAT_COLUMNS, type FlatColumn } from '../flat-row.ts';

const TYPES: { readonly [T in ColumnType]: string } = {
  text: 'String',
  label: 'LowCardinality(String)',
  integer: 'Int64',
  float: 'Float64',
  boolean: 'Bool',
  time: "DateTime64(3, 'UTC')",
  money: 'Decimal(18, 9)',
  json: 'String',
};

export interface TableName {
  readonly database: string;
  readonly table: string;
}

/**
 * What comes twice has the same key and time, so a merge leaves one of it. The window has a batch that comes again told by its
 * token at once.
 */
export function createTable(name: TableName): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedTable(name)}
(
${FLAT_COLUMNS.map((column) => `  ${definition(column)}`).join(',\n')}
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, id)
SETTINGS non_replicated_deduplication_window = 1000`;
}

/** All that may be missing in a table of an earlier version; what is there stays as it is. */
export function addColumns(name: TableName): string {
  const added = FLAT_COLUMNS.filter((column) => !isKey(column)).map(
    (column) => `  ADD COLUMN IF NOT EXISTS ${definition(column)}`,
  );
  return `ALTER TABLE ${quotedTable(name)}\n${added.join(',\n')}`;
}

export function insertInto(name: TableName): string {
  return `INSERT INTO ${quotedTable(name)} (${FLAT_COLUMNS.map((column) => quoted(column.name)).join(', ')}) FORMAT JSONEachRow`;
}

function quotedTable({ database, table }: TableName): string {
  return `${quoted(database)}.${quoted(table)}`;
}

/** The settings allow no character that would need more. */
function quoted(name: string): string {
  return `\`${name}\``;
}

function isKey({ name }: FlatColumn): boolean {
  return name === 'at' || name === 'id';
}

function definition(column: FlatColumn): string {
  const comment = column.about.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `${quoted(column.name)} ${typeOf(column)} COMMENT '${comment}'`;
}

function typeOf({ type, required }: FlatColumn): string {
  if (required) return TYPES[type];
  return type === 'label' ? 'LowCardinality(Nullable(String))' : `Nullable(${TYPES[type]})`;
}
