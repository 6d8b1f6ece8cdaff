// What exports remember: gaps put together until somebody works on them, back-fills that have one owner, dead letters up to a bound.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../store/open-store.ts';
import { ExportOrders } from './export-orders.ts';
import { ExportState } from './export-state.ts';

const BY = { via: 'cli', id: 'ada' } as const;
const MINUTE = 60_000;

let dir: string;
let store: Store;
let now: number;
let states: ExportState[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-exports-'));
  store = openStore({ dataDir: dir });
  now = 1_000_000;
  states = [];
});
afterEach(() => {
  for (const state of states) state.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

function stateOf(owner: string): ExportState {
  const state = new ExportState(store.path, owner, () => now);
  states.push(state);
  return state;
}

const NONE: ReadonlySet<string> = new Set();
const gap = (from: number, segment: number, offset: number) => ({
  ...{ ranges: [[from, from + MINUTE]] as const, spool: 'one', to: { segment, offset } },
  ids: null,
});

const DONE = { rangeAt: 1, cursor: null, done: true, rows: 4, rangeRows: 0, lost: 0 };

describe('a gap', () => {
  test('grows until somebody works on it; then another is begun', () => {
    const state = stateOf('a');
    state.noteGap('hook', gap(0, 2, 500));
    state.noteGap('hook', gap(MINUTE, 2, 100));
    const first = state.takeBackfill('hook', NONE);
    expect(first?.ranges).toEqual([[0, 2 * MINUTE]]);
    state.noteGap('hook', gap(9 * MINUTE, 3, 0));
    expect(state.takeBackfill('hook', NONE)?.ranges).toEqual([[0, 2 * MINUTE]]);
    state.advanceBackfill({ id: first?.id ?? '', export: 'hook' }, DONE);
    expect(state.takeBackfill('hook', NONE)?.ranges).toEqual([[9 * MINUTE, 10 * MINUTE]]);
    expect(state.takeBackfill('other', NONE)).toBeNull();
  });

  test('waits until the log has its rows', () => {
    const state = stateOf('a');
    state.noteGap('hook', gap(0, 2, 500));
    const spools = new Set(['one']);
    // Nothing of the spool is in the log yet.
    expect(state.takeBackfill('hook', spools)).toBeNull();
    const settle = (segment: number, offset: number) =>
      store.sqlite.run('INSERT OR REPLACE INTO spool_positions VALUES (?, ?, ?)', [
        'one',
        segment,
        offset,
      ]);
    settle(2, 499);
    expect(state.takeBackfill('hook', spools)).toBeNull();
    settle(2, 500);
    expect(state.takeBackfill('hook', spools)?.kind).toBe('gap');
  });
});

describe('a back-fill', () => {
  test('has one owner, until that one is silent for too long', async () => {
    const orders = new ExportOrders(store, () => now);
    const { id } = await orders.order('hook', { from: 0, to: 10 }, BY);
    const [one, other] = [stateOf('one'), stateOf('other')];
    expect(one.takeBackfill('hook', NONE)?.id).toBe(id);
    expect(other.takeBackfill('hook', NONE)).toBeNull();
    now += 9_000;
    one.renewLeases();
    now += 9_000;
    expect(other.takeBackfill('hook', NONE)).toBeNull();
    now += 9_000;
    expect(other.takeBackfill('hook', NONE)?.id).toBe(id);
    expect(one.takeBackfill('hook', NONE)).toBeNull();
  });

  test('that was cancelled is not done by the page that was under way', async () => {
    const orders = new ExportOrders(store, () => now);
    const { id } = await orders.order('hook', { from: 0, to: 10 }, BY);
    const state = stateOf('one');
    state.takeBackfill('hook', NONE);
    await orders.cancel('hook', id, BY);
    state.advanceBackfill({ id, export: 'hook' }, { ...DONE, rows: 3 });
    expect(orders.backfill('hook', id)).toMatchObject({ state: 'cancelled', rows: 3 });
    expect(state.takeBackfill('hook', NONE)).toBeNull();
    const actions = store.sqlite.query<{ action: string }, []>('SELECT action FROM audit').all();
    expect(actions.map(({ action }) => action)).toEqual([
      'export.backfill',
      'export.cancel_backfill',
    ]);
  });
});

test('what is owed: gaps since their oldest request, what was asked for since it went on last', async () => {
  const orders = new ExportOrders(store, () => now);
  const state = stateOf('a');
  const since = () => state.standings().get('hook')?.owedSince ?? null;
  expect(since()).toBeNull();
  const { id } = await orders.order('hook', { from: 0, to: 10 }, BY);
  now += 5000;
  // As old as what it asks for may be: it is late only when it does not go on.
  expect(since()).toBe(1_000_000);
  state.takeBackfill('hook', NONE);
  state.advanceBackfill({ id, export: 'hook' }, { ...DONE, done: false });
  expect(since()).toBe(1_005_000);
  state.noteGap('hook', gap(3 * MINUTE, 2, 500));
  state.noteGap('hook', gap(2 * MINUTE, 2, 600));
  state.noteGap('other', gap(0, 2, 600));
  expect([since(), orders.standing('other').owedSince]).toEqual([2 * MINUTE, 0]);
  state.advanceBackfill({ id, export: 'hook' }, DONE);
  const owed = state.takeBackfill('hook', NONE);
  state.advanceBackfill({ id: owed?.id ?? '', export: 'hook' }, { ...DONE, lost: 7 });
  expect([since(), state.standings().get('hook')?.lost]).toEqual([null, 7]);
});

test('dead letters: the oldest go for newer ones, counted; one that fails again is counted up', async () => {
  const orders = new ExportOrders(store, () => now);
  const state = stateOf('a');
  const letters = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => ({ id: `${name}-${at}`, why: 'no' }));
  state.keepLetters('hook', letters(10, 'old'));
  now += 1;
  state.keepLetters('hook', letters(9_995, 'new'));
  expect([orders.standing('hook').deadLetters, orders.lettersDropped('hook')]).toEqual([10_000, 5]);
  now += 1;
  state.keepLetters('hook', [{ id: 'new-1', why: 'still no' }]);
  expect(orders.letters('hook', 1)).toEqual([
    { id: 'new-1', why: 'still no', at: now, tries: 2, again: false },
  ]);
  expect(await orders.retryLetters('hook', BY)).toBe(10_000);
  expect(state.lettersAgain('hook', 2)).toEqual(['new-0', 'new-1']);
  state.removeLetters('hook', ['new-0'], false);
  state.removeLetters('hook', ['new-1'], true);
  expect([orders.standing('hook').deadLetters, orders.lettersDropped('hook')]).toEqual([9_998, 6]);
});
