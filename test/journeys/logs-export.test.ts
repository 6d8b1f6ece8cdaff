// The log as a file: every row of a filter once, however many there are, and never a part that looks like the whole.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayError } from '../../src/core/errors.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';
import { until } from './until.ts';

const ROWS = 1700;
const AT = Date.now() - 3_600_000;

let gateway: GatewayUnderTest;
/** Newest first. */
let ids: readonly string[];

const headers = { authorization: `Bearer ${ADMIN_KEY}` };
const get = (path: string) => fetch(`${gateway.url}/router/v1/logs${path}`, { headers });
const lines = async (query: string) =>
  (await (await get(`:export${query}`)).text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogRow);

async function pages(query: string, between: () => void = () => undefined): Promise<LogRow[][]> {
  const found: LogRow[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const reply = await get(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    const { logs, next_cursor } = (await reply.json()) as { logs: LogRow[]; next_cursor: string };
    found.push(logs);
    cursor = next_cursor;
    between();
  }
  return found;
}

/** Puts `ask` between the export and the log for as long as the work takes. */
async function asking(
  ask: (page: number, real: () => Promise<never>) => Promise<never>,
  work: () => Promise<void>,
): Promise<void> {
  const { ledger } = gateway.gateway;
  const real = ledger.export;
  let page = 0;
  Object.assign(ledger, {
    export: (...asked: Parameters<typeof real>) => {
      page += 1;
      return ask(page, () => real(...asked) as Promise<never>);
    },
  });
  await work().finally(() => Object.assign(ledger, { export: real }));
}

await onBothEngines(() => {
  beforeAll(async () => {
    gateway = await startGateway('providers: {}');
    for (let count = 0; count < ROWS; count += 1)
      gateway.gateway.record(
        sampleExchange({ at: AT + count, user: count % 100 === 0 ? '=ann, "x"' : 'bob' }),
      );
    await gateway.gateway.ledger.flush();
    ids = (await pages('?limit=1000')).flat().map(({ id }) => id);
  });
  afterAll(() => gateway.stop());

  describe('export', () => {
    test('NDJSON: every row once, as the list has it', async () => {
      expect(ids).toHaveLength(ROWS);
      const rows = await lines('');
      expect(rows.map(({ id }) => id)).toEqual([...ids]);
      expect(rows.slice(0, 1000)).toEqual((await pages('?limit=1000'))[0] ?? []);
    });

    test('says what it is and what it is called', async () => {
      for (const [format, type] of [
        ['ndjson', 'application/x-ndjson'],
        ['csv', 'text/csv; charset=utf-8; header=present'],
      ]) {
        const reply = await get(`:export?format=${format}&limit=1`);
        expect(reply.headers.get('content-type')).toBe(type ?? '');
        expect(reply.headers.get('content-disposition')).toMatch(
          new RegExp(
            `^attachment; filename="switchyard-logs-\\d{4}-\\d\\d-\\d\\dT\\d{6}Z\\.${format}"$`,
          ),
        );
        await reply.text();
      }
    });

    test('CSV: a heading, then a line a row', async () => {
      const text = await (await get(':export?format=csv')).text();
      const [heading, ...rest] = text.split('\r\n');
      expect(heading).toStartWith('id,at,endpoint,dialect,stream,key_id,user,');
      expect(rest.pop()).toBe('');
      expect(rest.map((line) => line.slice(0, 36))).toEqual([...ids]);
      const ann = rest.filter((line) => line.includes(`,"'=ann, ""x""",`));
      expect(ann).toHaveLength(ROWS / 100);
    });

    test('through a filter, and no more than asked for', async () => {
      const ann = await lines('?user=%3Dann%2C%20%22x%22&from=24h');
      expect(ann).toHaveLength(ROWS / 100);
      expect((await lines('?limit=501')).map(({ id }) => id)).toEqual(ids.slice(0, 501));
      expect((await lines(`?to=${AT + 10}`)).map(({ id }) => id)).toEqual(ids.slice(-10));
    });

    test('of nothing: an empty file, or a heading alone', async () => {
      expect(await (await get(':export?user=nobody')).text()).toBe('');
      const csv = await (await get(':export?user=nobody&format=csv')).text();
      expect(csv.split('\r\n')).toHaveLength(2);
    });

    test.each([
      ['?format=xml', 'format'],
      ['?cursor=x', 'cursor'],
      ['?limit=0', 'limit'],
      ['?min_cost_usd=much', 'min_cost_usd'],
    ])('%s is refused by its name', async (query, param) => {
      const reply = await get(`:export${query}`);
      const { error } = (await reply.json()) as { readonly error: unknown };
      expect([reply.status, error]).toMatchObject([400, { code: 'invalid_request', param }]);
    });

    test('a database that does not answer is an error', async () => {
      const broken = () => Promise.reject(new GatewayError('storage_unavailable', 'It is gone.'));
      await asking(broken, async () => {
        expect((await get(':export')).status).toBe(503);
      });
    });

    test('one that fails on the way breaks the connection: nobody takes a part for the whole', async () => {
      const broken = (page: number, real: () => Promise<never>) =>
        page < 3 ? real() : Promise.reject(new GatewayError('storage_unavailable', 'It is gone.'));
      await asking(broken, async () => {
        const reply = await get(':export');
        expect(reply.status).toBe(200);
        const end = await reply.text().then(
          () => 'whole',
          () => 'broken',
        );
        expect(end).toBe('broken');
      });
      expect(gateway.logged.filter((line) => line.includes('is broken off'))).toEqual([
        'error An export of the log is broken off. It is gone. {}',
      ]);
    });

    test('whoever hangs up is worked for no longer', async () => {
      let asked = 0;
      const slowly = async (page: number, real: () => Promise<never>) => {
        asked = page;
        await Bun.sleep(50);
        return real();
      };
      await asking(slowly, async () => {
        const abort = new AbortController();
        const { signal } = abort;
        const reply = await fetch(`${gateway.url}/router/v1/logs:export`, { headers, signal });
        await reply.body?.getReader().read();
        abort.abort();
        await Bun.sleep(60);
        const then = asked;
        await Bun.sleep(200);
        expect(asked).toBe(then);
        expect(then).toBeLessThan(4);
      });
    });

    test('whoever does not read is not read for', async () => {
      let asked = 0;
      const count = (page: number, real: () => Promise<never>) => {
        asked = page;
        // As long as a page is, so that no buffer on the way holds them all.
        return real().then(
          (page) => ({ ...(page as object), text: 'x'.repeat(8_000_000) }) as never,
        );
      };
      await asking(count, async () => {
        const { hostname, port } = new URL(gateway.url);
        const socket = await Bun.connect({
          hostname,
          port: Number(port),
          socket: { data: (open) => void open.pause(), open: (open) => void open.pause() },
        });
        socket.write(
          `GET /router/v1/logs:export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\n\r\n`,
        );
        await until(() => asked >= 1);
        await Bun.sleep(300);
        expect(asked).toBeLessThan(4);
        socket.end();
      });
    });
  });

  test('page by page while rows are being written: none twice, none of those that were there missing', async () => {
    const there = (await lines('')).map(({ id }) => id);
    const write = () => {
      for (let count = 0; count < 3; count += 1) gateway.gateway.record(sampleExchange());
    };
    const found = (await pages('?limit=37', write)).flat().map(({ id }) => id);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual([...found].sort().reverse());
    const known = new Set(there);
    expect(found.filter((id) => known.has(id))).toEqual(there);
  });
});
