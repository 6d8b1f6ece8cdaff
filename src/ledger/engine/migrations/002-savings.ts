// What recalled answers and prompt caches saved: columns of rows and of their sums.
import { COLUMN_TYPES as FIRST_TYPES } from './001-log.ts';
import type { LogMigration } from './index.ts';

const COLUMNS: readonly (readonly [name: string, sqlite: string, postgres: string])[] = [
  ['cache_detail', 'TEXT', 'text'],
  ['saved_nano', 'INTEGER', 'int8'],
  ['saved_input_tokens', 'INTEGER', 'int8'],
  ['saved_output_tokens', 'INTEGER', 'int8'],
  ['prompt_cache_nano', 'INTEGER', 'int8'],
];

/** PostgreSQL's type of each column of `requests`. */
export const COLUMN_TYPES: ReadonlyMap<string, string> = new Map([
  ...FIRST_TYPES,
  ...COLUMNS.map(([name, , postgres]): [string, string] => [name, postgres]),
]);

/** Null where it is 0, as it is in most sums: PostgreSQL keeps no room for those. */
const SUMS: readonly string[] = [
  'semantic_hits',
  'shared_hits',
  'saved_unpriced',
  'saved_nano',
  'saved_semantic_nano',
  'saved_shared_nano',
  'saved_input_tokens',
  'saved_semantic_input',
  'saved_shared_input',
  'saved_output_tokens',
  'saved_semantic_output',
  'saved_shared_output',
  'prompt_cache_nano',
];

const added = (table: string, name: string, type: string) =>
  `ALTER TABLE ${table} ADD COLUMN ${name} ${type}`;

export const savings: LogMigration = {
  name: '002-savings',
  day: COLUMNS.map(([name, type]) => added('requests', name, type)),
  usage: SUMS.map((name) => added('usage', name, 'INTEGER')),
  postgres: [
    ...COLUMNS.map(([name, , type]) => added('requests', name, type)),
    ...SUMS.map((name) => added('usage', name, 'int8')),
  ],
};
