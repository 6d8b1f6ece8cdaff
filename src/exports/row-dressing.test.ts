// Which rows an export gets, and what of them stays here.
import { describe, expect, test } from 'bun:test';
import { createHash, createHmac } from 'node:crypto';
import { type ExportSettings, exportSettings } from '../config/exports-schema.ts';
import type { LogRow } from '../core/log-row.ts';
import { rowDressing } from './row-dressing.ts';

const settingsOf = (more: object): ExportSettings =>
  exportSettings.parse({ type: 'webhook', url: 'http://localhost', ...more });

const ROW = {
  id: '01a20678-e811-7481-b711-e8bb0b585d3e',
  user: 'ada',
  model: 'openai/gpt-5.4',
  requested_model: 'gpt',
  router_id: 'support',
  key_id: 'key_1',
  endpoint: 'messages',
  outcome: 'ok',
  metadata: { email: 'a@b', deep: { phone: '1', kept: 2 }, 'with.dot': 3 },
  facts: { language: 'en' },
  attempts: [{ message: 'words' }],
  error: { code: 'internal', message: 'words' },
  losses: ['x'],
  reasoning: 'because',
  trace_id: 't',
  parent_span_id: 's',
} as unknown as LogRow;

const dressed = (more: object) => rowDressing(settingsOf(more))(ROW);

describe('a filter', () => {
  const passing = [
    { models: ['openai/gpt-5.4'] },
    { models: ['gpt'] },
    { models: ['openai/*'] },
    { routers: ['support'], keys: ['key_1'], endpoints: ['messages'], outcome: 'ok' },
    {},
  ];
  const others = [
    { models: ['openai'] },
    { models: ['open/*'] },
    { models: ['gpt'], outcome: 'error' },
    { routers: ['sales'] },
    { keys: ['key_2'] },
    { endpoints: ['responses'] },
  ];
  for (const filter of passing)
    test(`lets through: ${JSON.stringify(filter)}`, () => expect(dressed({ filter })).toEqual(ROW));
  for (const filter of others)
    test(`keeps back: ${JSON.stringify(filter)}`, () => expect(dressed({ filter })).toBeNull());

  test('takes a part by the ids alone', () => {
    const rows = Array.from({ length: 4000 }, () => ({ ...ROW, id: Bun.randomUUIDv7() }));
    const chosen = (sample: number) => {
      const dress = rowDressing(settingsOf({ filter: { sample } }));
      return new Set(rows.filter((row) => dress(row) !== null).map(({ id }) => id));
    };
    const quarter = chosen(0.25);
    expect(Math.abs(quarter.size - 1000)).toBeLessThan(200);
    expect(chosen(0.25)).toEqual(quarter);
    // A larger part has all of a smaller one.
    const half = chosen(0.5);
    expect([...quarter].every((id) => half.has(id))).toBe(true);
    expect(chosen(1).size).toBe(4000);
  });
});

describe('what is not to be told', () => {
  test('users: hashed, with a key, not at all', () => {
    const hash = createHash('sha256').update('ada').digest('hex');
    expect(dressed({ user: 'hashed' })?.user).toBe(hash);
    const mac = createHmac('sha256', 'a long key').update('ada').digest('hex');
    expect(dressed({ user: 'hashed', user_hash_key: 'a long key' })?.user).toBe(mac);
    expect(dressed({ user: 'none' })?.user).toBeNull();
    expect(dressed({})?.user).toBe('ada');
  });

  test('members of metadata, and no others', () => {
    const row = dressed({ drop: ['metadata.email', 'metadata.deep.phone', 'metadata.none.such'] });
    expect(row?.metadata).toEqual({ deep: { kept: 2 }, 'with.dot': 3 });
    expect(dressed({ drop: ['metadata'] })?.metadata).toBeNull();
    // The row itself is others' too.
    expect(ROW.metadata).toHaveProperty('email');
  });

  test('a part of the row', () => {
    const drop = [
      'facts',
      'attempts',
      'losses',
      'reasoning',
      'error.message',
      'key_id',
      'trace_id',
    ];
    expect(dressed({ drop })).toEqual({
      ...ROW,
      ...{ facts: null, attempts: [], losses: [], reasoning: '', key_id: null },
      ...{ trace_id: null, parent_span_id: null, error: { code: 'internal', message: null } },
    });
    expect(exportSettings.safeParse({ ...settingsOf({}), drop: ['id'] }).success).toBe(false);
  });
});
