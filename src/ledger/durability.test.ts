// SIGKILL at any moment: every row appended longer ago than the promised window is in the database afterwards.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store/open-store.ts';
import { DURABLE_WITHIN_MS } from './open-ledger.ts';

const KILLS = 24;
const LONGEST_LIFE_MS = 200;
/**
 * The promise holds while threads get to run and the disk keeps up. A kill while rows were already waiting this long, or
 * the child had not run for so long, proves nothing either way; half of the kills must prove something.
 */
const KEEPING_UP_MS = 40;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-kill-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a child that appends, kills it so long after its first row, and says what it appended and when it died. */
async function killed(
  lifeMs: number,
  perTurn: number,
): Promise<{ killedAt: number; waitedMs: number; printed: [at: number, id: string][] }> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'kill-child.ts'), dir, String(perTurn)],
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
  const [waits, rows] = [true, false].map((wanted) =>
    lines.filter((line) => line.startsWith('waiting ') === wanted),
  );
  return {
    killedAt,
    waitedMs: Math.max(...(waits ?? []).map((line) => Number(line.slice('waiting '.length)))),
    printed: (rows ?? []).map((line) => [Number(line.slice(0, 13)), line.slice(14)]),
  };
}

function stored(): Set<string> {
  const store = openStore({ dataDir: dir });
  const rows = store.sqlite.query<{ id: string }, []>('SELECT id FROM requests').all();
  const check = store.sqlite.query('PRAGMA integrity_check').get();
  store.close();
  expect(check).toEqual({ integrity_check: 'ok' });
  return new Set(rows.map((row) => row.id));
}

test(
  `no row older than ${DURABLE_WITHIN_MS} ms is lost to SIGKILL`,
  async () => {
    let promised = 0;
    let lost = 0;
    let counted = 0;
    for (let kill = 0; counted < KILLS && kill < KILLS * 4; kill += 1) {
      // Spread over the child's life, and from a trickle to full batches.
      const lifeMs = 1 + ((kill * 83) % LONGEST_LIFE_MS);
      const perTurn = kill % 3 === 0 ? 1 : 40 * (kill % 3);
      const { killedAt, waitedMs, printed } = await killed(lifeMs, perTurn);
      const ids = stored();
      const silentMs = killedAt - (printed.at(-1)?.[0] ?? 0);
      if (waitedMs > KEEPING_UP_MS || silentMs > KEEPING_UP_MS) continue;
      counted += 1;
      const due = printed.filter(([at]) => at < killedAt - DURABLE_WITHIN_MS);
      expect(due.filter(([, id]) => !ids.has(id))).toEqual([]);
      promised += due.length;
      lost += printed.filter(([, id]) => !ids.has(id)).length;
    }
    expect(counted).toBeGreaterThanOrEqual(KILLS / 2);
    // The test has looked at something, and has killed at moments when rows were on their way.
    expect(promised).toBeGreaterThan(KILLS * 10);
    expect(lost).toBeGreaterThan(0);
  },
  { timeout: 60_000 },
);
