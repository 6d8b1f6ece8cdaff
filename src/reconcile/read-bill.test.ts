// Readers: the documented formats, normalised to the log's disjoint kinds; what is none is refused with what was found.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { type BilledDay, billedDays } from './billed.ts';
import { readBill } from './read-bill.ts';

const FOLDER = join(import.meta.dir, '../../test/recordings/bills');
const recorded = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** Only what is told. */
function told({ counts, costNano, day, model, statement }: BilledDay): JsonObject {
  const known = Object.entries(counts).filter(([, count]) => count !== null);
  return { day, model, statement, costNano, ...Object.fromEntries(known) };
}

const read = (text: string) => billedDays(readBill(text)).map(told);

function refusal(text: string): GatewayError {
  try {
    readBill(text);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
}

describe('OpenAI', () => {
  test('usage as CSV: inclusive totals come apart, keys and tiers are kept, a day without use is one', () => {
    const bill = readBill(recorded('openai-completions.csv'));
    expect(bill.days).toEqual(['2026-11-01', '2026-11-02', '2026-11-03']);
    const of = { statement: 'usage.completions', costNano: null } as const;
    const days = billedDays(bill);
    expect(days.map(told)).toEqual([
      {
        ...{ day: '2026-11-01', model: 'gpt-4o-2024-08-06', ...of, requests: 12, input: 54_440 },
        ...{ cache_read: 5760, output: 10_846, audio_in: 0, audio_out: 0 },
      },
      {
        ...{ day: '2026-11-01', model: 'gpt-audio-2025-08-28', ...of, requests: 1, input: 100 },
        ...{ cache_read: 20, output: 30, audio_in: 30, audio_out: 60 },
      },
      {
        ...{ day: '2026-11-03', model: 'gpt-4o-2024-08-06', ...of, requests: 4, input: 400 },
        ...{ cache_read: 0, output: 80, audio_in: 0, audio_out: 0 },
      },
    ]);
    expect(
      days[0]?.parts.map(({ apiKey, tier, counts }) => [apiKey, tier, counts.requests]),
    ).toEqual([
      ['key_gateway', null, 10],
      ['key_notebook', 'batch', 2],
    ]);
    expect(days[0]?.place).toBe('line 2');
  });

  test('the same with the tabs, line ends and mark a spreadsheet leaves', () => {
    const text = recorded('openai-completions.csv').replaceAll(',', '\t').replaceAll('\n', '\r\n');
    expect(read(`\uFEFF${text}`)).toEqual(read(recorded('openai-completions.csv')));
  });

  test('costs as CSV: items by model, amounts exact, what names no model under its own name', () => {
    const of = { day: '2026-11-01', statement: 'costs' } as const;
    expect(read(recorded('openai-costs.csv'))).toEqual([
      { ...of, model: 'gpt-4o-2024-08-06', costNano: 247_260_000 },
      { ...of, model: 'gpt-audio-2025-08-28', costNano: 0 },
      { ...of, model: 'web search tool calls', costNano: 250_000_000 },
    ]);
  });

  test('costs that are not grouped are of all models together', () => {
    const text = `start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id,organization_name
1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,0.8958740000000000,usd,,,org-x,Personal`;
    expect(read(text)).toMatchObject([{ model: '*', costNano: 895_874_000 }]);
  });

  test('usage as the API answers it', () => {
    const of = { day: '2026-11-01', costNano: null } as const;
    expect(read(recorded('openai-usage.json'))).toEqual([
      {
        ...{
          ...of,
          model: 'gpt-5.6-luna',
          statement: 'usage.completions',
          requests: 5,
          input: 150,
        },
        ...{ cache_read: 800, cache_write_5m: 50, output: 500, audio_in: 0, audio_out: 0 },
      },
      { ...of, model: 'gpt-image-2-2026-04-21', statement: 'usage.images', requests: 2, images: 3 },
      {
        ...of,
        model: 'whisper-1',
        statement: 'usage.audio_transcriptions',
        requests: 1,
        seconds: 61,
      },
    ]);
    expect(readBill(recorded('openai-usage.json')).lines[0]?.tier).toBe('flex');
    expect(readBill(recorded('openai-usage.json')).days).toEqual(['2026-11-01', '2026-11-02']);
  });

  test('costs as the API answers them, as texts or numbers', () => {
    expect(read(recorded('openai-costs.json'))).toEqual([
      {
        day: '2026-11-01',
        model: 'gpt-4o-mini-2024-07-18',
        statement: 'costs',
        costNano: 60_034_200,
      },
    ]);
    const tiers = readBill(recorded('openai-costs.json')).lines.map(({ tier }) => tier);
    expect(tiers).toEqual([null, 'evals']);
  });
});

describe('Anthropic', () => {
  test('usage as CSV', () => {
    const of = { statement: 'usage.messages', costNano: null } as const;
    expect(read(recorded('anthropic-usage.csv'))).toEqual([
      {
        ...{ day: '2026-11-01', model: 'claude-sonnet-4-5-20250929', ...of, input: 1300 },
        ...{ cache_read: 9000, cache_write_5m: 300, cache_write_1h: 40, output: 750, searches: 2 },
      },
      {
        ...{ day: '2026-11-02', model: 'claude-haiku-4-5-20251001', ...of, input: 10 },
        ...{ cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 5, searches: 0 },
      },
    ]);
    const { lines } = readBill(recorded('anthropic-usage.csv'));
    expect(lines.map(({ tier }) => tier)).toEqual([null, 'batch', null]);
    expect(lines[2]?.apiKey).toBe('team "a", notebooks');
  });

  test('cost as CSV: names for people become ids', () => {
    expect(read(recorded('anthropic-costs.csv'))).toEqual([
      { day: '2026-11-01', model: 'claude-sonnet-4-5', statement: 'costs', costNano: 14_100_000 },
      { day: '2026-11-01', model: 'web_search', statement: 'costs', costNano: 20_000_000 },
    ]);
  });

  test('usage as the API answers it', () => {
    expect(read(recorded('anthropic-usage.json'))).toEqual([
      {
        ...{ day: '2026-11-01', model: 'claude-sonnet-4-5-20250929', statement: 'usage.messages' },
        ...{ costNano: null, input: 1500, cache_read: 200, cache_write_5m: 500 },
        ...{ cache_write_1h: 1000, output: 500, searches: 10 },
      },
    ]);
  });

  test('cost as the API answers it: cents', () => {
    expect(read(recorded('anthropic-costs.json'))).toEqual([
      {
        day: '2026-11-01',
        model: 'claude-sonnet-4-5-20250929',
        statement: 'costs',
        costNano: 1_237_891_200,
      },
      { day: '2026-11-01', model: 'web_search', statement: 'costs', costNano: 100_000_000 },
    ]);
  });
});

describe('refused', () => {
  test('a table of something else, with what it has and what is known', () => {
    const { code, message } = refusal('foo,bar,baz\n1,2,3\n');
    expect(code).toBe('invalid_request');
    expect(message).toContain('has the columns foo, bar, baz');
    expect(message).toContain('usage_date_utc');
  });

  test.each([
    ['', 'has no columns'],
    ['a sentence', 'has no columns'],
    ['{"a": 1}', 'members a'],
    ['[]', 'JSON without an object'],
    ['{"data": []}', 'members data'],
    ['{', 'begins like JSON'],
  ])('%p', (text, found) => {
    expect(refusal(text).message).toContain(found);
  });

  test('lines that cannot be read, each by its place; nothing is imported of the rest', () => {
    const lines = recorded('anthropic-usage.csv').split('\n');
    const text = [
      lines[0],
      lines[1],
      lines[2]?.replace(',100,', ',many,'),
      lines[3]?.replace('2026-11-02', 'November'),
    ].join('\n');
    const { message, details } = refusal(text);
    expect(message).toContain(
      'line 3: usage_input_tokens_no_cache is "many", not a whole number (and 1 more)',
    );
    expect(details.problems?.map(({ path }) => path)).toEqual(['line 3', 'line 4']);
  });

  test('usage of a writing model without its output is no usage of embeddings', () => {
    const [head = '', ...rows] = recorded('openai-completions.csv').trim().split('\n');
    const at = head.split(',').indexOf('output_tokens');
    const text = [head, ...rows].map((row) => row.split(',').toSpliced(at, 1).join(',')).join('\n');
    expect(refusal(text).message).toContain('no column output_tokens');
    const few = 'start_time,num_model_requests,model,input_tokens\n1795132800,3,MODEL,50\n';
    expect(refusal(few.replace('MODEL', 'gpt-4o')).message).toContain('line 2: names "gpt-4o"');
    expect(read(few.replace('MODEL', 'text-embedding-3-small'))).toMatchObject([
      { statement: 'usage.embeddings', requests: 3, input: 50 },
    ]);
  });

  test.each(['openai-usage.json', 'anthropic-usage.json'])(
    'pages that end before the report does: %s',
    (name) => {
      const page = JSON.parse(recorded(name)) as JsonObject;
      const more = { ...page, has_more: true, next_page: 'page_2' };
      expect(refusal(JSON.stringify(more)).message).toContain('has_more: true (next_page: page_2)');
      expect(refusal(JSON.stringify([page, more])).message).toContain('not whole');
      expect(readBill(JSON.stringify([more, { ...page, data: [] }])).lines).toEqual(
        readBill(JSON.stringify(page)).lines,
      );
    },
  );

  test('a place in JSON, another currency, usage that is not grouped', () => {
    expect(refusal(recorded('openai-costs.json').replace('"usd"', '"eur"')).message).toContain(
      'data[0].results[0]: its amount is in "eur"',
    );
    expect(
      refusal(recorded('openai-usage.json').replace('"gpt-5.6-luna"', 'null')).message,
    ).toContain('data[0].results[0]: names no model');
  });
});
