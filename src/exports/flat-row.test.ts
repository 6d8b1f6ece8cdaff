// The one list of columns: whole, of the types it says, and as the guides have it.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../../test/analytics/deliver.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { toLogRow } from '../ledger/stored-row.ts';
import { COLUMNS_OF, FLAT_COLUMNS, flatRow } from './flat-row.ts';

const GUIDES = join(import.meta.dir, '../../docs/guides');

describe('the columns', () => {
  test('have every member of a row of the log', () => {
    const unmapped = Object.keys(row()).filter((member) => !Object.hasOwn(COLUMNS_OF, member));
    expect(unmapped).toEqual([]);
  });

  test('are named once', () => {
    const names = FLAT_COLUMNS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  test.each([
    ['full', row({ cost_breakdown: { input: 0.1 }, facts: { language: 'fi' } })],
    [
      'empty',
      toLogRow(
        sampleExchange({
          ...{ model: null, provider: null, user: null, keyId: null, costNano: null },
          ...{ metadata: null, facts: null, attempts: [], usage: UNKNOWN_USAGE, ttftMs: null },
        }),
      ),
    ],
  ])('have values of their types in a row that is %s', (_, one) => {
    const flat = flatRow(one);
    expect(Object.keys(flat)).toEqual(FLAT_COLUMNS.map(({ name }) => name));
    const wrong = FLAT_COLUMNS.filter(({ name, type, required }) => {
      const value = flat[name];
      return value === null ? required : !TYPE[type](value);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});

const isText = (value: unknown) => typeof value === 'string';
const TYPE = {
  text: isText,
  label: isText,
  integer: Number.isSafeInteger,
  float: (value: unknown) => typeof value === 'number',
  boolean: (value: unknown) => typeof value === 'boolean',
  time: (value: unknown) => new Date(String(value)).toISOString() === value,
  money: (value: unknown) => isText(value) && /^-?\d+\.\d{9}$/.test(String(value)),
  json: (value: unknown) => isText(value) && JSON.parse(String(value)) !== undefined,
};

test.each([
  [0, '0.000000000'],
  [0.000000001, '0.000000001'],
  [0.1 + 0.2, '0.300000000'],
  [1234.567890123, '1234.567890123'],
  [-2.5, '-2.500000000'],
])('%p dollars are exact', (cost_usd, decimal) => {
  const flat = flatRow(row({ cost_usd }));
  expect(flat.cost_usd).toBe(decimal);
  expect(flat.cost_nano_usd).toBe(Math.round(cost_usd * 1e9));
});

test('what is not known is null', () => {
  const usage = { ...row().usage, input: null };
  const flat = flatRow(row({ cost_usd: null, usage }));
  expect([flat.cost_usd, flat.cost_nano_usd, flat.input_tokens, flat.images]).toEqual([
    ...[null, null, null, null],
  ]);
});

test.each([['bigquery'], ['clickhouse']])('the guide on %s tells every column', (guide) => {
  const text = readFileSync(join(GUIDES, `${guide}.md`), 'utf8');
  const told = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (.+) \|$/gm)].map((match) =>
    match.slice(1),
  );
  const ours = FLAT_COLUMNS.map(({ name, type, about }) => [name, type, about]);
  expect(told).toEqual(ours);
});
