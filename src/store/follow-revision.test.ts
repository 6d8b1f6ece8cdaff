// A followed table over a real database: when it is read, who is told, and what a failure of either leaves.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Followed, followRevision } from './follow-revision.ts';
import { openStore, type Store } from './open-store.ts';

let dir: string;
let store: Store;
let lines: string[];
let reads: number;
const open: { close(): void }[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-follow-'));
  lines = [];
  reads = 0;
  store = openStore({ dataDir: dir });
  open.push(store);
});
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The names of metrics; a poll only where one is asked for. */
function followed(pollMs = 60_000, at = store): Followed<readonly string[]> {
  const table = followRevision(
    at,
    'model_metrics',
    (sqlite, before: readonly string[] | null) => {
      reads += 1;
      const rows = sqlite.query<{ name: string }, []>('SELECT name FROM model_metrics').all();
      return [...rows.map(({ name }) => name), `after ${before?.length ?? 'nothing'}`];
    },
    { what: 'Names', log, pollMs },
  );
  open.push(table);
  return table;
}

const add = (name: string, at = store) =>
  at.write((sqlite) =>
    sqlite.run(
      "INSERT INTO model_metrics (name, direction, figures, updated_at) VALUES (?, 'lower', '{}', 1)",
      [name],
    ),
  );
const breakIt = () =>
  store.write((sqlite) => sqlite.run('ALTER TABLE model_metrics RENAME TO gone'));
const mendIt = () =>
  store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO model_metrics'));

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

async function within(ms: number, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end && !holds(); )
    await Bun.sleep(2);
}

describe('the table', () => {
  test('is read when it changed, and only then', async () => {
    const names = followed();
    expect([names.current(), reads]).toEqual([['after nothing'], 1]);
    expect(names.latest()).toBe(names.current());
    expect(reads).toBe(1);
    await add('a');
    expect(names.current()).toEqual(['after nothing']);
    expect(names.latest()).toEqual(['a', 'after 1']);
    expect(names.current()).toBe(names.latest());
    expect(reads).toBe(2);
    await add('b');
    names.catchUp();
    expect(names.current()).toEqual(['a', 'b', 'after 2']);
    expect(reads).toBe(3);
  });

  test('is as last read where it cannot be read, which is said once', async () => {
    const names = followed(5);
    await add('a');
    await within(1000, () => reads === 2);
    await store.write((sqlite) =>
      sqlite.run("UPDATE revisions SET revision = revision + 1 WHERE name = 'model_metrics'"),
    );
    await breakIt();
    names.catchUp();
    await Bun.sleep(40);
    expect(lines).toEqual([expect.stringContaining('error Names go on as last read. ')]);
    expect(names.current()).toEqual(['a', 'after 1']);
    const error = thrownBy(() => names.latest());
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'storage_unavailable' });
    await mendIt();
    await within(1000, () => names.current().length === 2 && names.current()[1] === 'after 2');
    expect(names.current()).toEqual(['a', 'after 2']);
    expect(lines).toHaveLength(1);
  });

  test('that cannot be read even once is refused', async () => {
    await breakIt();
    expect(thrownBy(() => followed())).toMatchObject({ code: 'storage_unavailable' });
  });
});

describe('a listener', () => {
  test('is told of changes, its own process’s and others’, until it stops', async () => {
    const names = followed(5);
    const told: string[] = [];
    const stop = names.onChange(() => void told.push(names.current().join()));
    await add('a');
    names.catchUp();
    expect(told).toEqual(['a,after 1']);
    const elsewhere = openStore({ dataDir: dir });
    open.push(elsewhere);
    await add('b', elsewhere);
    await within(1000, () => told.length === 2);
    expect(told[1]).toBe('a,b,after 2');
    stop();
    await add('c');
    names.catchUp();
    expect(names.current()).toContain('c');
    expect(told).toHaveLength(2);
  });

  test('that throws is nobody else’s failure, is logged once, and told again until it holds', async () => {
    const names = followed(5);
    let tries = 0;
    let others = 0;
    names.onChange(() => {
      tries += 1;
      if (tries < 4) throw new RangeError('not yet');
    });
    names.onChange(() => {
      others += 1;
    });
    await add('a');
    names.catchUp();
    expect([tries, others]).toEqual([1, 1]);
    expect(names.latest()).toEqual(['a', 'after 1']);
    await within(1000, () => tries === 4);
    await Bun.sleep(30);
    expect([tries, others]).toEqual([4, 1]);
    expect(lines).toEqual([
      'error Names changed, but what follows from it failed and is tried again. not yet',
    ]);
    await add('b');
    names.catchUp();
    expect([tries, others]).toEqual([5, 2]);
  });

  test('that stopped another, or itself after it threw, is not told again', async () => {
    const names = followed(5);
    const told: string[] = [];
    const stopFirst = names.onChange(() => {
      told.push('first');
      stopSecond();
      throw new RangeError('never');
    });
    const stopSecond = names.onChange(() => void told.push('second'));
    await add('a');
    names.catchUp();
    expect(told).toEqual(['first']);
    stopFirst();
    await Bun.sleep(30);
    expect(told).toEqual(['first']);
  });
});
