// What every engine of the log keeps: the same rows in the same order under every filter, each once, and sums that are those of the rows.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import { type LogFilter, parseTailFilter } from '../../src/ledger/log-filter.ts';
import type { LogPlace, LogStore } from '../../src/ledger/log-store.ts';
import { rowMatches } from '../../src/ledger/row-matches.ts';
import { closeHour } from '../../src/ledger/usage/close-hour.ts';
import { AFTER_ROWS, Spent } from '../../src/ledger/usage/spent.ts';
import { NAMES } from '../../src/ledger/usage/usage-query.ts';
import type { RequestsTable, UsageTable } from '../../src/store/tables.ts';
import { DAY_MS, emptySum, HOUR_MS, MIDNIGHT, sumOf, variedRow } from './log-rows.ts';

type FreshPlace = () => Promise<LogPlace>;

const ids = (rows: readonly RequestsTable[]) => rows.map((row) => row.id);
const newestFirst = (rows: readonly RequestsTable[]) =>
  [...rows].sort((one, other) => (one.id < other.id ? 1 : -1));

const attemptsAt = (provider: string) => JSON.stringify([{ model: `${provider}/m`, provider }]);

async function openHours(store: LogStore): Promise<number[]> {
  const query = store.build.selectFrom('open_hours').select('hour').orderBy('hour').compile();
  return (await store.read(query)).map(({ hour }) => hour);
}

async function sums(store: LogStore): Promise<readonly UsageTable[]> {
  return store.read(store.build.selectFrom('usage').selectAll().orderBy('at').compile());
}

async function scanned(store: LogStore, from: number, to: number, filter?: LogFilter) {
  const blocks = await Array.fromAsync(store.scan({ from, to }, ['id'], filter));
  return blocks.flat().map((row) => row.id);
}

/** @param fresh an empty place, a new one each time */
export function logStoreContract(engine: string, fresh: FreshPlace): void {
  describe(`the log on ${engine}`, () => {
    let store: LogStore;
    let place: LogPlace;
    const opened: LogStore[] = [];
    const open = async (write = true) => {
      const one = await openLogStore(place, { write });
      opened.push(one);
      return one;
    };
    beforeEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      place = await fresh();
      store = await open();
    });
    afterAll(async () => {
      for (const one of opened) await one.close();
    });

    test('a row reads as it was written, once, however often it comes', async () => {
      const rows = Array.from({ length: 40 }, (_, at) => variedRow(at, MIDNIGHT + at * 1000));
      const other = await open();
      const answers = await Promise.all([
        store.insert(rows),
        other.insert(rows.slice(5, 25)),
        store.insert([...rows, ...rows]),
      ]);
      for (const answer of answers) expect(answer).toEqual({ refused: 0, reason: null, late: 0 });
      expect(await store.list({ limit: 1000 })).toEqual(newestFirst(rows));
      for (const row of rows.slice(0, 5)) expect(await other.get(row.id)).toEqual(row);
      expect(await store.get(variedRow(1, MIDNIGHT).id)).toBeNull();
      expect(await store.get('no id')).toBeNull();
      await store.insert([]);
    });

    test('texts of any kind are stored: what no encoding takes is replaced', async () => {
      const texts: [string, string][] = [
        ['naïve 日本語 🎉\u{10ffff}', 'naïve 日本語 🎉\u{10ffff}'],
        ['\u0001\t\n\r"\\\'', '\u0001\t\n\r"\\\''],
        ['a\0b', 'a\ufffdb'],
        ['half \ud83d of', 'half \ufffd of'],
        ['', ''],
        ['{"a":"\\u0000"}', '{"a":"\\u0000"}'],
      ];
      for (const [at, [given, kept]] of texts.entries()) {
        const row = variedRow(at, MIDNIGHT + at, { error_message: given, user_id: given });
        expect(await store.insert([row])).toMatchObject({ refused: 0, late: 0 });
        expect(await store.get(row.id)).toEqual({ ...row, error_message: kept, user_id: kept });
      }
    });

    test('figures of any size are stored, and what is not known stays unknown', async () => {
      const large = {
        cost_nano: 2 ** 53 - 1,
        input_tokens: 2 ** 40,
        ttft_ms: 0.000123,
        total_ms: 1e7,
      };
      const none = { cost_nano: null, input_tokens: null, ttft_ms: null, at: MIDNIGHT - 1 };
      const rows = [variedRow(0, MIDNIGHT, large), variedRow(1, MIDNIGHT + 1, none)];
      await store.insert(rows);
      expect(await store.list({ limit: 9 })).toEqual(newestFirst(rows));
    });

    test('a row the log can never take is left out and counted, and no other', async () => {
      const rows = Array.from({ length: 9 }, (_, at) => variedRow(at, MIDNIGHT + at));
      const strange = [
        variedRow(10, MIDNIGHT, { id: 'gen-1' }),
        variedRow(11, MIDNIGHT, { id: '' }),
      ];
      const { refused, reason } = await store.insert([...strange, ...rows]);
      expect([refused, reason]).toEqual([2, 'The id of a row is no UUIDv7.']);
      expect(await store.list({ limit: 100 })).toEqual(newestFirst(rows));
    });

    describe('many rows over three days', () => {
      let rows: RequestsTable[];
      beforeEach(async () => {
        rows = Array.from({ length: 600 }, (_, at) =>
          variedRow(at, MIDNIGHT - DAY_MS + at * 300_000),
        );
        for (let at = 0; at < rows.length; at += 100) await store.insert(rows.slice(at, at + 100));
        rows = newestFirst(rows);
      });

      test('pages follow each other without a gap or a repetition, to the end', async () => {
        for (const filter of [{}, { user: 'u1' }, { model: 'openai/m1' }, { from: MIDNIGHT }]) {
          const all = await store.list({ limit: 1000, ...filter });
          const read: string[] = [];
          let cursor: string | undefined;
          for (;;) {
            const page = await store.list({
              limit: 7,
              ...filter,
              ...(cursor === undefined ? {} : { cursor }),
            });
            read.push(...ids(page.slice(0, 7)));
            cursor = read.at(-1);
            if (page.length <= 7) break;
            expect(page).toHaveLength(8);
          }
          expect(read).toEqual(ids(all));
        }
      });

      const filters: Omit<LogFilter, 'limit'>[] = [
        { user: 'u1' },
        { key: 'key_2' },
        { model: 'openai/m1' },
        { model: 'fast' },
        { requested_model: 'fast' },
        { requested_model: 'openai/m1' },
        { model: 'openai/m1', requested_model: 'fast' },
        { provider: 'acme' },
        { provider: 'openai' },
        { provider: 'other' },
        { provider: '*' },
        { provider: 'acme', model: 'fast', user: 'u1' },
        { provider: "it's %_" },
        { router: 'smart' },
        { route: 'default', variant: 'b' },
        { endpoint: 'messages' },
        { status: { outcome: 'ok' } },
        { status: { outcome: 'error' } },
        { status: { outcome: 'aborted' } },
        { status: { from: 429, to: 429 } },
        { status: { from: 500, to: 599 } },
        { status: { from: 200, to: 299 } },
        { error: 'upstream_error' },
        { cache: 'hit' },
        { cache: 'miss' },
        { cache: 'exact' },
        { cache: 'semantic', user: 'u1' },
        { tried: 'acme' },
        { tried: 'openai/m1' },
        { min_cost_usd: 0.001 },
        { min_total_ms: 500 },
        { unpriced: true },
        { unpriced: false },
        { estimated: true },
        { resumed: true },
        { trace: '3'.padStart(32, '0') },
        { user: 'nobody' },
        { user: "' OR 1=1 --" },
      ];
      test.each(filters.map((filter) => [JSON.stringify(filter), filter] as const))(
        'by %s',
        async (_, filter) => {
          const {
            from: _from,
            to: _to,
            cursor: _cursor,
            asked: _asked,
            endpoints: _e,
            ...ofRow
          } = filter;
          const wanted = ids(rows.filter((row) => rowMatches(row, ofRow)));
          expect(ids(await store.list({ limit: 1000, ...filter }))).toEqual(wanted);
          expect(ids(await store.list({ limit: 3, ...filter }))).toEqual(wanted.slice(0, 4));
          const all = await scanned(store, 0, MIDNIGHT * 2, { limit: 1, ...filter });
          expect(all).toEqual(wanted.toReversed());
        },
      );

      test('by time: from is in it, to is not', async () => {
        const times = [MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 300_000, MIDNIGHT - 1];
        for (const from of times) {
          for (const to of [from, from + 1, from + 300_000, from + DAY_MS]) {
            const wanted = ids(rows.filter((row) => row.at >= from && row.at < to));
            expect(ids(await store.list({ limit: 1000, from, to }))).toEqual(wanted);
            expect(await scanned(store, from, to)).toEqual(wanted.toReversed());
          }
        }
      });

      test('by what was asked for in any case, and by several endpoints', async () => {
        const wanted = ids(
          rows.filter((row) => ['fast', 'openai/m1'].includes(row.requested_model)),
        );
        const filter = {
          asked: ['fast', 'openai/m1'],
          endpoints: ['messages', 'chat.completions'],
        };
        expect(ids(await store.list({ limit: 1000, ...filter }))).toEqual(wanted);
      });

      test('a scan has the columns asked for, from blocks that end anywhere', async () => {
        const columns = ['user_id', 'cost_nano', 'at'] as const;
        const blocks = await Array.fromAsync(store.scan({ from: 0, to: MIDNIGHT * 2 }, columns));
        const wanted = rows
          .toReversed()
          .map(({ user_id, cost_nano, at }) => ({ user_id, cost_nano, at }));
        expect(
          blocks.flat().map(({ user_id, cost_nano, at }) => ({ user_id, cost_nano, at })),
        ).toEqual(wanted);
      });
    });

    test('a closed hour has the sums of its rows, and opens with the next row', async () => {
      const hour = MIDNIGHT + HOUR_MS;
      const at = (minute: number) => variedRow(minute, hour + minute * 60_000);
      const first = at(0);
      await store.insert([first, at(59), variedRow(1, hour + HOUR_MS)]);
      expect(await openHours(store)).toEqual([hour, hour + HOUR_MS]);
      expect(await store.closeHour(hour, () => sumOf(store, hour))).toBe(true);
      expect(await openHours(store)).toEqual([hour + HOUR_MS]);
      const [sum] = await sums(store);
      expect(sum).toMatchObject({ grain: 'hour', at: hour, requests: 2 });
      expect([...(sum?.ttft ?? [])]).toEqual([0, 1, 255]);
      expect(sum?.total).toBeNull();
      await store.insert([at(30), first]);
      expect(await openHours(store)).toEqual([hour, hour + HOUR_MS]);
      expect(await store.closeHour(hour, () => sumOf(store, hour))).toBe(true);
      expect((await sums(store)).map(({ requests }) => requests)).toEqual([3]);
      // A sum that fails changes nothing.
      await store.insert([at(40)]);
      const failure = await store
        .closeHour(hour, () => Promise.reject(new Error('no')))
        .then(() => null, Object);
      expect(String(failure)).toContain('no');
      expect(await openHours(store)).toContain(hour);
      expect((await sums(store)).map(({ requests }) => requests)).toEqual([3]);
    });

    test('rows that come while an hour is closed are in its sums, or leave it open', async () => {
      const hour = MIDNIGHT;
      const other = await open();
      let written = 0;
      const write = async () => {
        for (let batch = 0; batch < 30; batch += 1) {
          await other.insert([
            variedRow(batch, hour + batch * 1000),
            variedRow(batch, hour + batch * 999),
          ]);
          written += 2;
          await Bun.sleep(0);
        }
      };
      const close = async () => {
        while (written < 60) {
          await store.closeHour(hour, async () => {
            const rows = await sumOf(store, hour);
            await Bun.sleep(1);
            return rows;
          });
          const before = written;
          const isClosed = !(await openHours(store)).includes(hour);
          if (isClosed) expect((await sums(store))[0]?.requests).toBeGreaterThanOrEqual(before);
        }
      };
      await Promise.all([write(), close()]);
      await store.closeHour(hour, () => sumOf(store, hour));
      expect(await openHours(store)).toEqual([]);
      expect((await sums(store)).map(({ requests }) => requests)).toEqual([60]);
    });

    test('whoever sums an hour up stands in no writer’s way, and never replaces newer sums', async () => {
      const other = await open();
      const [older, newer] = [variedRow(1, MIDNIGHT), variedRow(2, MIDNIGHT)];
      // As rows came in and another closed the hour meanwhile, and as the hour was closed before.
      for (const before of [[older], []]) {
        await store.insert(before);
        let waitedMs = 0;
        const isClosed = await store.closeHour(MIDNIGHT, async () => {
          const old = await sumOf(store, MIDNIGHT);
          const started = performance.now();
          await other.insert([newer]);
          waitedMs = performance.now() - started;
          await other.closeHour(MIDNIGHT, () => sumOf(other, MIDNIGHT));
          await other.insert([variedRow(before.length, MIDNIGHT)]);
          return old;
        });
        expect(isClosed).toBe(false);
        expect(waitedMs).toBeLessThan(2000);
        expect(await openHours(store)).toEqual([MIDNIGHT]);
        expect(await store.closeHour(MIDNIGHT, () => sumOf(store, MIDNIGHT))).toBe(true);
      }
      expect((await sums(store)).map(({ requests }) => requests)).toEqual([4]);
    });

    test('texts longer than an index holds are kept shorter, found by all of them, and summed', async () => {
      const long = (name: string) => `${name}${randomBytes(4000).toString('hex')}`;
      const names = {
        ...{ user_id: long('u'), model: long('m'), provider: long('p'), key_id: long('k') },
        ...{ router_id: long('r'), route_id: long('t'), variant_id: long('v') },
        ...{ requested_model: long('q'), endpoint: long('e') },
      };
      const rows = [variedRow(1, MIDNIGHT, names), variedRow(2, MIDNIGHT)];
      const nobody = { model: null, provider: null, attempts: attemptsAt(long('p')) };
      rows.push(variedRow(3, MIDNIGHT, nobody));
      expect(await store.insert(rows)).toEqual({ refused: 0, reason: null, late: 0 });
      for (const [name, column] of Object.entries(NAMES)) {
        const filter = parseTailFilter({ [name]: names[column] });
        expect(ids(await store.list({ limit: 9, ...filter }))).toEqual([rows[0]?.id ?? '']);
      }
      expect(await closeHour(store, MIDNIGHT, new Spent(AFTER_ROWS))).toBe(true);
      const odd = parseTailFilter({ user: 'u\0', model: '\ud83d' });
      expect(ids(await store.list({ limit: 9, ...odd }))).toEqual([]);
    });

    test('figures that no column takes are not known, and their rows are kept and summed', async () => {
      const most = Number.MAX_SAFE_INTEGER;
      const rows = [
        { input_tokens: 12.5, output_tokens: 1e19, audio_seconds: Number.POSITIVE_INFINITY },
        { input_tokens: Number.NaN, status: 2 ** 40, model: { a: 1 } as unknown as string },
        ...Array.from({ length: 3 }, () => ({ input_tokens: most, cost_nano: most })),
      ].map((change, at) => variedRow(at, MIDNIGHT + at, change));
      expect(await store.insert(rows)).toEqual({ refused: 0, reason: null, late: 0 });
      const kept = (await store.list({ limit: 9 })).toReversed();
      expect(kept).toHaveLength(rows.length);
      expect(kept[0]).toMatchObject({
        input_tokens: null,
        output_tokens: null,
        audio_seconds: null,
      });
      expect(kept[1]).toMatchObject({ input_tokens: null, status: null, model: null });
      expect(kept.slice(2)).toEqual(rows.slice(2));
      expect(await closeHour(store, MIDNIGHT, new Spent(AFTER_ROWS))).toBe(true);
      const tokens = (await sums(store)).map(({ input_tokens }) => input_tokens);
      expect(Math.max(...tokens)).toBe(most);
    });

    test('sums are replaced by cube, and pruned by age and cube', async () => {
      const sum = (cube: string, at: number, requests: number): UsageTable => ({
        ...emptySum(at),
        cube,
        grain: 'day',
        requests,
      });
      const shown = async () =>
        (await sums(store)).map((row) => `${row.cube}${row.at}=${row.requests}`).sort();
      await store.replaceUsage('day', 1, [], [sum('a', 1, 1), sum('b', 1, 2)]);
      await store.replaceUsage('day', 2, [], [sum('a', 2, 3)]);
      await store.replaceUsage('day', 1, ['a', 'b'], [sum('a', 1, 5)]);
      expect(await shown()).toEqual(['a1=5', 'a2=3']);
      await store.replaceUsage('day', 3, [], [sum('b', 1, 7), sum('b', 2, 8)]);
      await store.pruneUsage('day', 2, ['b']);
      expect(await shown()).toEqual(['a1=5', 'a2=3', 'b2=8']);
      await store.pruneUsage('hour', 9, null);
      await store.pruneUsage('day', 2, null);
      expect(await shown()).toEqual(['a2=3', 'b2=8']);
      // A group's name of any text.
      await store.replaceUsage(
        'week',
        0,
        [],
        [{ ...sum('c', 0, 1), grain: 'week', user_id: 'a\'"\\日' }],
      );
      expect((await sums(store)).find(({ cube }) => cube === 'c')?.user_id).toBe('a\'"\\日');
    });

    test('a price is kept once per version', async () => {
      const price = { version: 'v1', model: 'openai/m1', price: '{"input":1}', since: MIDNIGHT };
      await store.keepPrices([price]);
      await store.keepPrices([
        { ...price, since: MIDNIGHT + 1 },
        { ...price, version: 'v2' },
      ]);
      const all = await store.read(
        store.build.selectFrom('prices').selectAll().orderBy('version').compile(),
      );
      expect(all.map(({ version, since }) => [version, since])).toEqual([
        ['v1', MIDNIGHT],
        ['v2', MIDNIGHT],
      ]);
    });

    test('a dropped day is gone with its rows; its sums stay, and rows that come for it are late', async () => {
      const yesterday = variedRow(0, MIDNIGHT - 1);
      const today = variedRow(1, MIDNIGHT);
      const other = await open();
      await store.insert([yesterday, today]);
      await other.insert([variedRow(2, MIDNIGHT - 2)]);
      const hour = MIDNIGHT - HOUR_MS;
      await store.closeHour(hour, () => sumOf(store, hour));
      await store.insert([variedRow(3, MIDNIGHT - 3)]);
      expect((await store.days()).map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-20']);
      expect((await store.days()).every(({ bytes }) => bytes > 0)).toBe(true);
      await store.dropDay('2026-11-20');
      for (const one of [store, other]) {
        expect((await one.days()).map(({ day }) => day)).toEqual(['2026-11-21']);
        expect(await one.get(yesterday.id)).toBeNull();
        expect(ids(await one.list({ limit: 9 }))).toEqual([today.id]);
        expect(await scanned(one, 0, MIDNIGHT * 2)).toEqual([today.id]);
        const late = [variedRow(4, MIDNIGHT - 4), variedRow(5, MIDNIGHT - 3 * DAY_MS)];
        expect(await one.insert([...late, today])).toEqual({ refused: 0, reason: null, late: 2 });
      }
      expect((await store.days()).map(({ day }) => day)).toEqual(['2026-11-21']);
      const closed = await store.closeHour(hour, () => Promise.reject(new Error('asked for')));
      expect(closed).toBe(false);
      expect(await openHours(store)).toEqual([MIDNIGHT]);
      expect((await sums(store)).map(({ requests }) => requests)).toEqual([2]);
      // Again, and of a day that never was.
      await store.dropDay('2026-11-20');
      await store.dropDay('2026-11-18');
      expect(ids(await store.list({ limit: 9 }))).toEqual([today.id]);
    });

    test('what is closed and opened again is as it was, for writing and only for reading', async () => {
      const rows = [variedRow(0, MIDNIGHT), variedRow(1, MIDNIGHT - 1)];
      await store.insert(rows);
      await store.close();
      opened.splice(0);
      const reader = await open(false);
      expect(await reader.list({ limit: 9 })).toEqual(newestFirst(rows));
      const writer = await open();
      const more = variedRow(2, MIDNIGHT + 1);
      await writer.insert([more]);
      expect(await reader.get(more.id)).toEqual(more);
      const failure = await reader.insert([variedRow(3, MIDNIGHT)]).then(() => null, Object);
      expect(failure).toMatchObject({ code: 'storage_unavailable' });
      expect(await openHours(reader)).toEqual([MIDNIGHT - HOUR_MS, MIDNIGHT]);
    });
  });
}
