// SIGKILL at any moment, hundreds of times: every row that ended longer ago than the promised window is in the log afterwards,
// once, and what experiments count is what the rows say.
import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePath } from '../store/open-store.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { heldUpMs, sampleWriter, type WriterSample } from './held-up.ts';
import { DURABLE_WITHIN_MS, openLedger } from './open-ledger.ts';
import { spoolRoot } from './spool/spool-folder.ts';

const KILLS = 210;
const AT_ONCE = 5;
const LONGEST_LIFE_MS = 150;
const SAMPLE_MS = 10;
/** However little the system lets it run. */
const LONGEST_MS = 600;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-kill-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Killed {
  readonly appended: readonly (readonly [at: number, id: string])[];
  /** What was appended before this had its time to reach the disk. */
  readonly dueBefore: number;
  /** The system has kept it from running when it mattered: less of it is due. */
  readonly heldUp: boolean;
}

/** Runs a child that appends, kills it when it could run for so long, and says what it appended. */
async function killed(lifeMs: number, perTurn: number, turns: number): Promise<Killed> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'kill-child.ts'), dir, `${perTurn}`, `${turns}`],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  let text = '';
  const samples: WriterSample[] = [];
  let killedAt = 0;
  const decoder = new TextDecoder();
  const kill = (): void => {
    killedAt = Date.now();
    const end = sampleWriter(child.pid);
    if (end !== null) samples.push(end);
    child.kill('SIGKILL');
  };
  let sampling: Timer | null = null;
  for await (const piece of child.stdout) {
    text += decoder.decode(piece, { stream: true });
    if (sampling !== null) continue;
    const begunAt = Date.now();
    sampling = setInterval(() => {
      const one = sampleWriter(child.pid);
      if (one !== null) samples.push(one);
      const [first = one] = samples;
      const held = first === null || one === null ? 0 : heldUpMs(first, one, saidIn(text));
      if (Date.now() - begunAt < Math.min(lifeMs + held, LONGEST_MS)) return;
      clearInterval(sampling ?? undefined);
      setTimeout(kill, lifeMs % SAMPLE_MS);
    }, SAMPLE_MS);
  }
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  const said = lines.map((line) => [Number(line.slice(0, 13)), line.slice(14)] as const);
  const dueBefore = dueTime(killedAt, samples, saidIn(text));
  return {
    appended: said.filter(([, id]) => id !== ''),
    dueBefore,
    heldUp: dueBefore < killedAt - DURABLE_WITHIN_MS - 2 * SAMPLE_MS,
  };
}

function saidIn(text: string): number[] {
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines.map((line) => Number(line.slice(0, 13)));
}

/**
 * The promised time before the kill; and as much earlier as the system kept the child from running. Where the kernel does not say
 * that, it is taken not to have.
 */
function dueTime(
  killedAt: number,
  samples: readonly WriterSample[],
  saidAt: readonly number[],
): number {
  const end = samples.at(-1);
  if (end === undefined) return killedAt - DURABLE_WITHIN_MS;
  const isDue = (from: WriterSample) =>
    killedAt - from.at - heldUpMs(from, end, saidAt) >= DURABLE_WITHIN_MS;
  return samples.findLast(isDue)?.at ?? 0;
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
    const deadline = Date.now() + 90_000;
    while (spools().length > 1 && Date.now() < deadline) await Bun.sleep(20);
    expect(spools()).toHaveLength(1);
    await ledger.close();
    // The lock of one that was killed before it had its folder goes a minute later.
    expect(spools()).toEqual([]);
    expect(new Set(said)).toEqual(
      new Set(['Log rows that earlier processes left are taken into the database.']),
    );

    const ids = await storedIds();
    const due = all.flatMap(({ appended, dueBefore }) =>
      appended.filter(([at]) => at < dueBefore).map(([, id]) => id),
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
    expect(due.length).toBeGreaterThan(KILLS * 10);
    const appended = all.flatMap((one) => one.appended);
    const lost = appended.filter(([, id]) => !ids.has(id)).length;
    expect(lost).toBeGreaterThan(0);
    const heldUp = all.filter((one) => one.heldUp).length;
    process.stderr.write(
      `${KILLS} kills: ${appended.length} rows, ${due.length} due, ${lost} too young and lost; ${heldUp} children were held up\n`,
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
