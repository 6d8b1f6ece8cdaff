// An export's loop: a log that cannot be read, or does not answer, holds up nothing live; what is closed sends and notes nothing more.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../test/journeys/until.ts';
import { webhook } from '../config/export-webhook-schema.ts';
import type { LogRow } from '../core/log-row.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { ExportLane, LanePlace, LoggedRows } from './export-lane.ts';
import { ExportLoop } from './export-loop.ts';
import { ExportOrders } from './export-orders.ts';
import type { Delivery } from './export-sink.ts';
import { NOTHING_STANDS } from './export-standing.ts';
import { ExportState } from './export-state.ts';

const SOON_MS = 10_000;
const BY = { via: 'cli', id: 'ada' } as const;
const TAKEN: Delivery = { kind: 'taken', rejected: [] };

let dir: string;
let store: Store;
let state: ExportState;
let ends: (() => void)[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-loop-'));
  store = openStore({ dataDir: dir });
  state = new ExportState(store.path, 'a', Date.now);
  ends = [];
});
afterEach(() => {
  for (const end of ends) end();
  state.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const rowOf = (id: string) =>
  ({ id, at: new Date().toISOString(), total_ms: 1, user: null }) as LogRow;

/** A spool in memory. Its places are row numbers. */
function laneOf() {
  const rows: LogRow[] = [];
  let read = 0;
  const acknowledged: LanePlace[] = [];
  let isClosed = false;
  const lane: ExportLane = {
    ...{ spool: 'one', sentTo: null, acknowledgedAt: 0, isGone: false },
    get isClosed() {
      return isClosed;
    },
    next(maxRows) {
      const some = rows.slice(read, read + maxRows);
      if (some.length === 0) return null;
      read += some.length;
      return { rows: some, to: { segment: 1, offset: read } };
    },
    acknowledge: (to) => acknowledged.push(to),
    willSend: () => undefined,
    waitingBytes: () => 0,
    takeSkipped: () => 0,
  };
  const lanes = {
    all: () => [lane],
    close() {
      isClosed = true;
    },
    remove: () => undefined,
  };
  return { lanes, rows, acknowledged };
}

const NO_LOG: LoggedRows = {
  page: async () => ({ rows: [], nextCursor: null }),
  rows: async (ids) => ids.map(() => null),
};

function started(
  rows: LoggedRows,
  send: (ids: readonly string[], signal: AbortSignal) => Promise<Delivery>,
  stuckSince: number | null = null,
) {
  const lane = laneOf();
  const logged: string[] = [];
  const loop = new ExportLoop({
    ...{ name: 'hook', state, rows, lanes: lane.lanes, now: Date.now, chance: () => 0 },
    settings: webhook.parse({
      type: 'webhook',
      url: 'http://127.0.0.1',
      batch: { rows: 1, age: '1ms' },
    }),
    async openSink() {
      return {
        ...{ kind: 'test', maxRows: 10, maxBytes: 1_000_000 },
        send: (some: readonly LogRow[], signal: AbortSignal) =>
          send(
            some.map(({ id }) => id),
            signal,
          ),
      };
    },
    log: (level, message) => logged.push(`${level} ${message}`),
    ...{ isPaused: () => false, maxLagBytes: 1e9, stuckSince },
  });
  const running = loop.run();
  ends.push(() => loop.stop());
  return { ...lane, loop, logged, running };
}

describe('a log that', () => {
  test('cannot be read holds up nothing live, and is told of until it can', async () => {
    let isReadable = false;
    const sent: string[] = [];
    const { loop, rows, logged } = started(
      {
        ...NO_LOG,
        async page() {
          if (!isReadable) throw new Error('the log is away');
          return { rows: [rowOf('old')], nextCursor: null };
        },
      },
      async (ids) => {
        sent.push(...ids);
        return TAKEN;
      },
    );
    await new ExportOrders(store).order('hook', { from: 0, to: 10 }, BY);
    const live = Array.from({ length: 23 }, (_, at) => `live-${at}`);
    for (const id of live) {
      rows.push(rowOf(id));
      await Bun.sleep(5);
    }
    await until(() => sent.length === 23, SOON_MS);
    expect(sent).toEqual(live);
    await until(() => loop.status(NOTHING_STANDS).troubleSince !== null, SOON_MS);
    expect(loop.status(NOTHING_STANDS)).toMatchObject({
      ...{ state: 'retrying', lastError: 'the log is away', delivered: 23 },
    });
    isReadable = true;
    await until(() => sent.includes('old'), SOON_MS);
    await until(() => loop.status(NOTHING_STANDS).state === 'ok', SOON_MS);
    expect(loop.status(NOTHING_STANDS).troubleSince).toBeNull();
    // Said once, however often it was asked.
    expect(logged.filter((line) => line.includes('the log is away'))).toHaveLength(1);
  }, 30_000);

  test('does not answer holds up nothing live', async () => {
    const sent: string[] = [];
    const never = Promise.withResolvers<never>();
    const { rows } = started({ ...NO_LOG, page: () => never.promise }, async (ids) => {
      sent.push(...ids);
      return TAKEN;
    });
    await new ExportOrders(store).order('hook', { from: 0, to: 10 }, BY);
    for (let count = 1; count <= 3; count += 1) {
      rows.push(rowOf(`live-${count}`));
      await until(() => sent.length === count, SOON_MS);
    }
  }, 20_000);
});

describe('one that is closed', () => {
  test('breaks off what hangs, and notes nothing of it', async () => {
    let aborted = false;
    const answer = Promise.withResolvers<Delivery>();
    const calls: string[] = [];
    const { loop, rows, running, acknowledged, lanes } = started(NO_LOG, (ids, signal) => {
      calls.push(...ids);
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return answer.promise;
    });
    rows.push(rowOf('a'), rowOf('b'));
    await until(() => calls.length === 1, SOON_MS);
    loop.close(50);
    // It ends although the other side says nothing at all.
    await running;
    expect([aborted, lanes.all()[0]?.isClosed]).toEqual([true, true]);
    answer.resolve(TAKEN);
    await Bun.sleep(20);
    expect([calls, acknowledged]).toEqual([['a'], []]);
  }, 20_000);

  test('sends what is there while it may', async () => {
    const sent: string[] = [];
    const { loop, rows, running, acknowledged } = started(NO_LOG, async (ids) => {
      sent.push(...ids);
      return TAKEN;
    });
    rows.push(rowOf('a'), rowOf('b'));
    loop.close(5000);
    await running;
    expect(sent).toEqual(['a', 'b']);
    expect(acknowledged.at(-1)).toEqual({ segment: 1, offset: 2 });
  }, 20_000);
});

describe('one that was stuck when it ended', () => {
  test('is so until something is there, with the moment it began', async () => {
    let isAway = true;
    const sent: string[] = [];
    const { loop, rows } = started(
      NO_LOG,
      async (ids) => {
        if (isAway) return { kind: 'later', why: 'no answer within 5 s', afterMs: null };
        sent.push(...ids);
        return TAKEN;
      },
      1_000_000,
    );
    expect(loop.status(NOTHING_STANDS)).toMatchObject({ state: 'retrying', troubleSince: 1e6 });
    rows.push(rowOf('a'));
    await until(() => loop.status(NOTHING_STANDS).failures > 1, SOON_MS);
    expect(loop.status(NOTHING_STANDS)).toMatchObject({
      ...{ state: 'retrying', troubleSince: 1e6, lastError: 'no answer within 5 s' },
    });
    isAway = false;
    await until(() => sent.length === 1, SOON_MS);
    await until(() => loop.status(NOTHING_STANDS).troubleSince === null, SOON_MS);
    expect(loop.status(NOTHING_STANDS).state).toBe('ok');
  }, 20_000);

  test('owes nothing: it is not, any more; a gap it owes: it is', async () => {
    const { loop } = started(NO_LOG, async () => TAKEN, 1_000_000);
    await until(() => loop.status(NOTHING_STANDS).state === 'ok', SOON_MS);
    const gap = { ranges: [[0, 1]] as const, ids: ['a'], spool: 'two' };
    state.noteGap('hook', { ...gap, to: { segment: 1, offset: 1 } });
    // Another has it, and is dead.
    new ExportState(store.path, 'dead', Date.now).takeBackfill('hook', new Set());
    const { loop: next } = started(NO_LOG, async () => TAKEN, 1_000_000);
    await Bun.sleep(1500);
    expect(next.status(NOTHING_STANDS)).toMatchObject({ state: 'retrying', troubleSince: 1e6 });
  }, 20_000);
});
