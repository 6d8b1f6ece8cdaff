// SIGKILL at any moment, hundreds of times: every row that ended longer ago than the promised window is in the log afterwards,
// once, and what experiments count is what the rows say.
import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePath } from '../store/open-store.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { DURABLE_WITHIN_MS, openLedger } from './open-ledger.ts';
import { spoolRoot } from './spool/spool-folder.ts';

const KILLS = 210;
const AT_ONCE = 5;
const LONGEST_LIFE_MS = 150;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-kill-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Killed {
  readonly killedAt: number;
  /**
   * By its own last word no row that is old enough to be promised was still waiting. Where threads do not get to run or the disk is
   * slow that may be otherwise, and such a kill proves nothing.
   */
  readonly keptUp: boolean;
  readonly printed: readonly (readonly [at: number, id: string])[];
}

/** Runs a child that appends, kills it so long after its first row, and says what it appended and when it died. */
async function killed(lifeMs: number, perTurn: number, turns: number): Promise<Killed> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'kill-child.ts'), dir, `${perTurn}`, `${turns}`],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  let text = '';
  let killedAt = Number.POSITIVE_INFINITY;
  let begun = false;
  const decoder = new TextDecoder();
  for await (const piece of child.stdout) {
    text += decoder.decode(piece, { stream: true });
    if (begun) continue;
    begun = true;
    setTimeout(() => {
      killedAt = Date.now();
      child.kill('SIGKILL');
    }, lifeMs);
  }
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  const waits = lines.filter((line) => line.startsWith('waiting '));
  const printed = lines
    .filter((line) => !line.startsWith('waiting '))
    .map((line) => [Number(line.slice(0, 13)), line.slice(14)] as const);
  const [, toldAt = 0, waitedMs = 0] = (waits.at(-1) ?? '').split(' ').map(Number);
  const keptUp = killedAt - toldAt + waitedMs <= DURABLE_WITHIN_MS;
  return { killedAt, keptUp, printed };
}

/** All rows, and how many there are of each id. */
async function storedIds(): Promise<Map<string, number>> {
  const store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: false });
  const ids = new Map<string, number>();
  for await (const block of store.scan({ from: 0, to: Date.now() + 1000 }, ['id']))
    for (const { id } of block) ids.set(id, (ids.get(id) ?? 0) + 1);
  await store.close();
  return ids;
}

const spools = () => readdirSync(spoolRoot(dir)).filter((name) => !name.includes('.'));

test(
  `no row older than ${DURABLE_WITHIN_MS} ms is lost to SIGKILL, and none is counted twice`,
  async () => {
    const all: Killed[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < KILLS) {
        const kill = next;
        next += 1;
        // Spread over the child's life, from a trickle to full batches; every fourth closes its log first.
        const perTurn = kill % 3 === 0 ? 1 : 30 * (kill % 3);
        const turns = kill % 4 === 0 ? 1 + (kill % 20) : 0;
        all.push(await killed(1 + ((kill * 83) % LONGEST_LIFE_MS), perTurn, turns));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));

    const said: string[] = [];
    const ledger = openLedger({ dataDir: dir, log: (_, message) => void said.push(message) });
    const deadline = Date.now() + 20_000;
    while (spools().length > 1 && Date.now() < deadline) await Bun.sleep(20);
    expect(spools()).toHaveLength(1);
    await ledger.close();
    expect(readdirSync(spoolRoot(dir))).toEqual([]);
    expect(new Set(said)).toEqual(
      new Set(['Log rows that earlier processes left are taken into the database.']),
    );

    const ids = await storedIds();
    const kept = all.filter((one) => one.keptUp);
    const due = kept.flatMap(({ printed, killedAt }) =>
      printed.filter(([at]) => at < killedAt - DURABLE_WITHIN_MS).map(([, id]) => id),
    );
    expect(due.filter((id) => !ids.has(id))).toEqual([]);
    expect([...ids].filter(([, times]) => times > 1)).toEqual([]);
    const sums = experimentSums();
    expect(sums.days).toBe(ids.size);
    expect(sums.users).toBe(ids.size);
    expect(sums.costNano).toBe(ids.size * 4_012_500);
    expect(sums.positions).toBe(0);
    // The test has looked at something, and has killed at moments when rows were on their way.
    expect(all).toHaveLength(KILLS);
    expect(kept.length).toBeGreaterThan(KILLS / 4);
    expect(due.length).toBeGreaterThan(KILLS * 10);
    const printed = all.flatMap((one) => one.printed);
    const lost = printed.filter(([, id]) => !ids.has(id)).length;
    expect(lost).toBeGreaterThan(0);
    process.stderr.write(
      `${KILLS} kills: ${printed.length} rows, ${due.length} due, ${lost} too young and lost, ${kept.length} children kept up\n`,
    );
  },
  { timeout: 240_000 },
);

function experimentSums() {
  const sqlite = new Database(databasePath(dir), { readonly: true });
  const one = (sql: string) => Number(sqlite.query(sql).values()[0]?.[0]);
  const sums = {
    days: one('SELECT sum(requests) FROM variant_days'),
    users: one('SELECT sum(requests) FROM exposures'),
    costNano: one('SELECT sum(cost_nano) FROM variant_days'),
    positions: one('SELECT count(*) FROM spool_positions'),
  };
  expect(sqlite.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  sqlite.close();
  return sums;
}
