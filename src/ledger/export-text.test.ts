// Exports read back by another's rules: every row whole, every cell where its heading is, nothing a spreadsheet would run.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { exportHead, exportText } from './export-text.ts';
import { sampleExchange } from './sample-exchange.ts';
import { fromStoredRow, toStoredRow } from './stored-row.ts';

/** RFC 4180, read letter by letter. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else break;
      }
      at += 1;
    } else while (!/[,\r]/.test(text[at] ?? ',')) cell += text[at++];
    cells.push(cell);
    if (text[at] === ',') at += 1;
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n');
      at += 2;
      lines.push(cells);
      cells = [];
    }
  }
  expect(cells).toEqual([]);
  return lines;
}

function tableOf(change: Parameters<typeof sampleExchange>[0]): { [name: string]: string } {
  const text = exportHead('csv') + exportText([toStoredRow(sampleExchange(change))], 'csv');
  const [names = [], cells = []] = readCsv(text);
  expect(cells).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, place) => [name, cells[place] ?? '']));
}

describe('CSV', () => {
  test('a row, cell by cell', () => {
    const exchange = sampleExchange({ at: Date.UTC(2026, 10, 22) });
    const cells = tableOf(exchange);
    expect(cells).toMatchObject({
      id: exchange.id,
      at: '2026-11-22T00:00:00.000Z',
      endpoint: 'chat.completions',
      stream: 'true',
      user: 'user-17',
      model: 'openai/gpt-5.4',
      router_id: '',
      status: '200',
      error_code: '',
      cost_usd: '0.0040125',
      usage_input: '812',
      usage_cache_read: '0',
      usage_cache_write_5m: '',
      usage_images: '',
      losses: '[]',
      metadata: '{"tier":"pro","seats":12}',
    });
    expect(JSON.parse(cells.attempts ?? '')).toEqual(
      fromStoredRow(toStoredRow(exchange)).attempts as never,
    );
  });

  test('has a column for every member of a row', () => {
    const row = fromStoredRow(toStoredRow(sampleExchange()));
    const names = Object.keys(tableOf({}));
    const elsewhere = ['generation_id', 'error', 'usage', 'saved'];
    for (const member of Object.keys(row))
      expect([member, names.includes(member)]).toEqual([member, !elsewhere.includes(member)]);
    for (const kind of Object.keys(row.usage)) expect(names).toContain(`usage_${kind}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('a billionth of a dollar is a decimal number', () => {
    expect(tableOf({ costNano: 1 }).cost_usd).toBe('0.000000001');
    expect(tableOf({ costNano: 120 }).cost_usd).toBe('0.00000012');
    expect(tableOf({ costNano: null }).cost_usd).toBe('');
    expect(tableOf({ costNano: 0 }).cost_usd).toBe('0');
  });

  test('what was saved is told in columns of its own, below 0 as a number', () => {
    const saved = {
      usage: { ...UNKNOWN_USAGE, input: 12, output: 3 },
      costNano: 1,
      estimated: true,
    };
    const recall = {
      ...{ kind: 'shared' as const, from: 'first', model: 'm', provider: 'p', ageMs: 0 },
      ...{ similarity: null, simulated: false, losses: [], saved },
    };
    const cells = tableOf({ cache: 'exact', recall, promptCacheNano: -1 });
    expect(cells).toMatchObject({
      ...{ cache: 'exact', saved_kind: 'shared', saved_usd: '0.000000001' },
      ...{ saved_input_tokens: '12', saved_output_tokens: '3' },
      prompt_cache_saved_usd: '-0.000000001',
    });
    expect(JSON.parse(cells.cache_detail ?? '')).toEqual({
      ...{ kind: 'shared', from: 'first', age_ms: 0, similarity: null },
    });
    expect(tableOf({})).toMatchObject({ saved_kind: '', saved_usd: '', cache_detail: '' });
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＠A'])(
    '%p is a text to a spreadsheet',
    (user) => {
      expect(tableOf({ user }).user).toBe(`'${user}`);
    },
  );

  test('any text comes back as it was, or behind an apostrophe', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', "'", '=', 'ü', ' ') }),
        (user) => {
          const expected = /^[=\r\n]/.test(user) ? `'${user}` : user;
          expect(tableOf({ user, errorMessage: user, errorCode: 'internal' })).toMatchObject({
            user: expected,
            error_message: expected,
          });
        },
      ),
    );
  });
});

test('NDJSON: a line a row, as the list has it', () => {
  const stored = [sampleExchange({ user: 'a\nb' }), sampleExchange()].map(toStoredRow);
  const text = exportHead('ndjson') + exportText(stored, 'ndjson');
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual(stored.map(fromStoredRow) as never);
});
