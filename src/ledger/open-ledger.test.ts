// The log as its users see it: rows in, rows out, every filter, pages, and other processes at the same database.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { parseLogFilter } from './log-filter.ts';
import type { LogReader } from './log-reader.ts';
import { type Ledger, openLedger, openLogReader } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';
import { toLogRow } from './stored-row.ts';

let dir: string;
const open: { close(): Promise<void> | void }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-ledger-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(): Ledger {
  const ledger = openLedger({ dataDir: dir });
  open.push(ledger);
  return ledger;
}

async function filled(...exchanges: readonly Exchange[]): Promise<Ledger> {
  const ledger = opened();
  for (const exchange of exchanges) ledger.append(exchange);
  await ledger.flush();
  return ledger;
}

async function found(
  from: Pick<Ledger, 'list'>,
  query: Record<string, string> = {},
): Promise<string[]> {
  const { logs } = await from.list(parseLogFilter(query));
  return logs.map((row) => row.id);
}

const T0 = Date.UTC(2026, 10, 22, 10);
const SECOND = 1000;
const FAILED: AttemptOutcome = {
  provider: 'groq',
  model: 'groq/llama',
  key: null,
  success: false,
  status: 500,
  error: 'upstream_error',
  message: 'a "provider":"openai" in a message is text',
  startMs: 0,
  ttftMs: null,
  durationMs: 3,
  usage: {
    input: null,
    cacheRead: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
    output: null,
    reasoning: null,
    audioIn: null,
    audioOut: null,
    searches: null,
  },
  costNano: null,
  price: null,
};

describe('rows', () => {
  test('come back as they went in, newest first', async () => {
    const exchanges = [0, 1, 2].map((n) => sampleExchange({ at: T0 + n }));
    const ledger = await filled(...exchanges);
    const { logs, nextCursor } = await ledger.list(parseLogFilter({}));
    expect(logs).toEqual(exchanges.map(toLogRow).reverse());
    expect(nextCursor).toBeNull();
    expect(ledger.stats).toMatchObject({ queued: 0, dropped: 0, written: 3, lastError: null });
  });

  test('stand by the time of arrival, whatever order they ended in', async () => {
    const [a, b, c] = [0, 1, 2].map((n) => sampleExchange({ at: T0 + n })) as [
      Exchange,
      Exchange,
      Exchange,
    ];
    const ledger = await filled(c, a, b);
    expect(await found(ledger)).toEqual([c.id, b.id, a.id]);
  });

  test('are had by their id, and no others', async () => {
    const exchange = sampleExchange();
    const ledger = await filled(exchange);
    expect(await ledger.get(exchange.id)).toEqual(toLogRow(exchange));
    expect(await ledger.get(sampleExchange().id)).toBeNull();
    expect(await ledger.get("' OR 1=1 --")).toBeNull();
  });

  test('keep any text', async () => {
    const text = 'Zoë 日本 🙂 "quoted" \\ \n\t \u0001 %_\' -- end';
    const exchange = sampleExchange({
      user: text,
      metadata: { [text]: text },
      losses: [text],
      reasoning: text,
    });
    const ledger = await filled(exchange);
    expect(await ledger.get(exchange.id)).toEqual(toLogRow(exchange));
    expect(await found(ledger, { user: text })).toEqual([exchange.id]);
  });

  test('are there after the end and a new start', async () => {
    const exchange = sampleExchange();
    const ledger = opened();
    ledger.append(exchange);
    await ledger.close();
    expect(await found(opened())).toEqual([exchange.id]);
  });

  test('are not to be had from a closed log', async () => {
    const ledger = opened();
    await ledger.close();
    const error: unknown = await ledger.get('x').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'storage_unavailable', message: 'The log is closed.' });
  });
});

describe('filters', () => {
  const ok = sampleExchange({ at: T0 });
  const routed = sampleExchange({
    at: T0 + SECOND,
    user: 'ann',
    keyId: 'key_2',
    requestedModel: 'router/voice',
    routerId: 'voice',
    model: 'anthropic/claude-sonnet-4-6',
    provider: 'anthropic',
    attempts: [FAILED, ...ok.attempts],
    cache: 'semantic',
  });
  const failed = sampleExchange({
    at: T0 + 2 * SECOND,
    requestedModel: 'groq/llama',
    model: null,
    provider: null,
    attempts: [FAILED],
    outcome: 'error',
    status: 502,
    errorCode: 'upstream_error',
  });
  const refused = sampleExchange({
    at: T0 + 3 * SECOND,
    outcome: 'error',
    status: 400,
    errorCode: 'invalid_request',
    model: null,
    provider: null,
    attempts: [],
  });
  const gone = sampleExchange({
    at: T0 + 4 * SECOND,
    outcome: 'aborted',
    status: 499,
    errorCode: 'client_closed',
    cache: 'exact',
  });
  const all = { ok, routed, failed, refused, gone };
  type Name = keyof typeof all;

  test.each<[Record<string, string>, Name[]]>([
    [{}, ['gone', 'refused', 'failed', 'routed', 'ok']],
    [{ from: String(T0 + SECOND) }, ['gone', 'refused', 'failed', 'routed']],
    [{ to: String(T0 + SECOND) }, ['ok']],
    [{ from: '2026-11-22T10:00:01Z', to: '2026-11-22T10:00:03Z' }, ['failed', 'routed']],
    [{ from: String(T0 + SECOND), to: String(T0 + SECOND + 1) }, ['routed']],
    [{ from: '2026-11-23' }, []],
    [{ to: '0' }, []],
    [{ from: '0', to: '8640000000000000' }, ['gone', 'refused', 'failed', 'routed', 'ok']],
    [{ model: 'anthropic/claude-sonnet-4-6' }, ['routed']],
    [{ model: 'router/voice' }, ['routed']],
    [{ model: 'groq/llama' }, ['failed']],
    [{ model: 'groq' }, []],
    [{ provider: 'openai' }, ['gone', 'ok']],
    [{ provider: 'groq' }, ['failed']],
    [{ user: 'ann' }, ['routed']],
    [{ user: 'Ann' }, []],
    [{ router: 'voice' }, ['routed']],
    [{ key: 'key_2' }, ['routed']],
    [{ status: 'ok' }, ['routed', 'ok']],
    [{ status: 'error' }, ['refused', 'failed']],
    [{ status: 'aborted' }, ['gone']],
    [{ status: '502' }, ['failed']],
    [{ status: '4xx' }, ['gone', 'refused']],
    [{ status: '3xx' }, []],
    [{ cache: 'hit' }, ['gone', 'routed']],
    [{ cache: 'miss' }, ['refused', 'failed', 'ok']],
    [{ cache: 'exact' }, ['gone']],
    [{ cache: 'semantic' }, ['routed']],
    [{ status: '4xx', cache: 'hit', provider: 'openai' }, ['gone']],
    [{ status: '4xx', cache: 'hit', provider: 'anthropic' }, []],
    [{ limit: '2' }, ['gone', 'refused']],
  ])('%j', async (query, names) => {
    const ledger = await filled(...Object.values(all));
    const ids = await found(ledger, query);
    expect(ids.map((id) => Object.entries(all).find(([, one]) => one.id === id)?.[0])).toEqual(
      names,
    );
  });
});

describe('pages', () => {
  test('follow each other without a gap or a repeat while new rows come', async () => {
    const exchanges = Array.from({ length: 25 }, (_, n) =>
      sampleExchange({ at: T0 + n, user: n % 5 === 0 ? 'fifth' : 'other' }),
    );
    const ledger = await filled(...exchanges);
    const expected = exchanges
      .filter((one) => one.user === 'other')
      .map((one) => one.id)
      .reverse();
    const seen: string[] = [];
    let query: Record<string, string> = { user: 'other', limit: '7' };
    for (let pages = 1; ; pages += 1) {
      const { logs, nextCursor } = await ledger.list(parseLogFilter(query));
      seen.push(...logs.map((row) => row.id));
      ledger.append(sampleExchange({ user: 'other' }));
      await ledger.flush();
      if (nextCursor === null) {
        expect(pages).toBe(3);
        break;
      }
      expect(logs).toHaveLength(7);
      query = { ...query, cursor: nextCursor };
    }
    expect(seen).toEqual(expected);
  });

  test('a page that holds exactly the last row is the last page', async () => {
    const ledger = await filled(sampleExchange(), sampleExchange());
    expect((await ledger.list(parseLogFilter({ limit: '2' }))).nextCursor).toBeNull();
    expect((await ledger.list(parseLogFilter({ limit: '1' }))).nextCursor).not.toBeNull();
  });
});

describe('other processes', () => {
  test('read what the running log has written', async () => {
    const exchanges = [0, 1].map((n) => sampleExchange({ at: T0 + n }));
    await filled(...exchanges);
    const script = `import { openLogReader } from ${JSON.stringify(join(import.meta.dir, 'open-ledger.ts'))};
      const reader = openLogReader({ dataDir: ${JSON.stringify(dir)} });
      console.log(JSON.stringify(await reader.list({ limit: 10 })));
      await reader.close();`;
    const child = Bun.spawn([process.execPath, '-e', script], {
      stdout: 'pipe',
      stderr: 'inherit',
    });
    const page: unknown = await new Response(child.stdout).json();
    expect(await child.exited).toBe(0);
    expect(page).toEqual({ logs: exchanges.map(toLogRow).reverse(), nextCursor: null });
  });

  test('write at the same time, and nothing is lost', async () => {
    const ledger = opened();
    const script = `import { openLedger } from ${JSON.stringify(join(import.meta.dir, 'open-ledger.ts'))};
      import { sampleExchange } from ${JSON.stringify(join(import.meta.dir, 'sample-exchange.ts'))};
      const ledger = openLedger({ dataDir: ${JSON.stringify(dir)} });
      for (let i = 0; i < 50; i += 1) {
        for (let j = 0; j < 10; j += 1) ledger.append(sampleExchange({ user: 'theirs' }));
        await Bun.sleep(1);
      }
      await ledger.close();
      console.log(JSON.stringify(ledger.stats));`;
    const child = Bun.spawn([process.execPath, '-e', script], {
      stdout: 'pipe',
      stderr: 'inherit',
    });
    let mine = 0;
    while (child.exitCode === null) {
      ledger.append(sampleExchange({ user: 'mine' }));
      mine += 1;
      await Bun.sleep(1);
    }
    await ledger.flush();
    expect(await new Response(child.stdout).json()).toMatchObject({
      queued: 0,
      dropped: 0,
      written: 500,
      lastError: null,
    });
    expect(await found(ledger, { user: 'theirs', limit: '1000' })).toHaveLength(500);
    expect(await found(ledger, { user: 'mine', limit: '1000' })).toHaveLength(Math.min(mine, 1000));
  });
});

describe('a log reader', () => {
  function reading(): LogReader {
    const reader = openLogReader({ dataDir: dir });
    open.push(reader);
    return reader;
  }

  test('works where no server has ever run', async () => {
    expect(await reading().list(parseLogFilter({}))).toEqual({ logs: [], nextCursor: null });
  });

  test('answers several questions at once, each with its own', async () => {
    const exchanges = Array.from({ length: 20 }, () => sampleExchange());
    await filled(...exchanges);
    const reader = reading();
    const rows = await Promise.all(exchanges.map((one) => reader.get(one.id)));
    expect(rows.map((row) => row?.id)).toEqual(exchanges.map((one) => one.id));
  });

  test('says what is wrong with the database, and works again when it is right', async () => {
    const reader = reading();
    mkdirSync(join(dir, 'log'));
    const file = join(dir, 'log', '2026-11-22.db');
    writeFileSync(file, 'x'.repeat(8192));
    const error: unknown = await reader.list(parseLogFilter({})).then(() => null, Object);
    expect(error).toBeInstanceOf(GatewayError);
    expect(String(error)).toContain(`${file} is damaged`);
    rmSync(file);
    expect(await reader.list(parseLogFilter({}))).toEqual({ logs: [], nextCursor: null });
  });

  test('leaves no question open when it is closed', async () => {
    await filled(sampleExchange());
    const reader = reading();
    const asked = Promise.allSettled([reader.get('x'), reader.get('y')]);
    await reader.close();
    for (const answer of await asked) {
      if (answer.status === 'fulfilled') expect(answer.value).toBeNull();
      else expect(answer.reason).toMatchObject({ code: 'storage_unavailable' });
    }
  });
});

test('a folder that cannot be used is refused when the log is opened, not later', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  expect(() => openLedger({ dataDir: file })).toThrow('a file stands where a folder is needed');
});
