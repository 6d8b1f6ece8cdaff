// What the main thread spends on a logged request: the row as text, its place in the queue, and its share of writing it to disk.
// npm run bench:ledger -- append
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { sampleExchange } from '../src/ledger/sample-exchange.ts';
import { median } from './statistics.ts';
import { threadCpuMicros } from './thread-cpu.ts';

const TURN_MS = 5;
const ROUND_MS = 1500;
/** The median of so many counts: the thread's own CPU is told apart from that of other programs, their traces in its caches are not. */
const ROUNDS = 5;
const RATES = [100, 500, 1000, 2000, 4000];

interface Round {
  readonly rows: number;
  readonly cpuMicros: number;
  /** Of all threads: with the one that writes the spool and the one that takes it into the database. */
  readonly processMicros: number;
  readonly slowestAppendMicros: number;
}

/** The same loop with and without rows: what remains is what they cost. */
async function round(perSecond: number, append: (() => void) | null): Promise<Round> {
  let rows = 0;
  let slowest = 0;
  const start = performance.now();
  const before = threadCpuMicros();
  const processBefore = process.cpuUsage();
  for (let elapsed = 0; elapsed < ROUND_MS; elapsed = performance.now() - start) {
    const due = Math.floor((elapsed / 1000) * perSecond);
    for (; rows < due; rows += 1) {
      if (append === null) continue;
      const at = performance.now();
      append();
      slowest = Math.max(slowest, performance.now() - at);
    }
    await Bun.sleep(TURN_MS);
  }
  const { user, system } = process.cpuUsage(processBefore);
  return {
    rows,
    cpuMicros: threadCpuMicros() - before,
    processMicros: user + system,
    slowestAppendMicros: slowest * 1000,
  };
}

const dir = mkdtempSync(join(tmpdir(), 'switchyard-append-'));
const ledger = openLedger({ dataDir: dir });
const exchange = sampleExchange();
// Prepared beforehand: making a row is no part of logging it.
const ids = Array.from({ length: 100_000 }, () => Bun.randomUUIDv7());
let next = 0;
const append = (): void => {
  ledger.append({ ...exchange, id: ids[next % ids.length] ?? '', at: Date.now() });
  next += 1;
};

await round(2000, append);
await ledger.flush();
console.log(
  `a row of ${JSON.stringify(exchange).length} bytes; CPU of the main thread, and of all`,
);
console.log('rows/s   µs/row   of all threads   slowest append (µs)');
for (const rate of RATES) {
  const costs: number[] = [];
  const processCosts: number[] = [];
  let slowest = 0;
  for (let n = 0; n < ROUNDS; n += 1) {
    const idle = await round(rate, null);
    const busy = await round(rate, append);
    costs.push((busy.cpuMicros - idle.cpuMicros) / busy.rows);
    processCosts.push((busy.processMicros - idle.processMicros) / busy.rows);
    slowest = Math.max(slowest, busy.slowestAppendMicros);
  }
  const micros = median(costs).toFixed(2);
  const ofAll = median(processCosts).toFixed(1);
  console.log(
    `${String(rate).padStart(6)}   ${micros.padStart(6)}   ${ofAll.padStart(14)}   ${Math.round(slowest)}`,
  );
}
await ledger.flush();
const { written, dropped } = ledger.stats;
console.log(
  `written ${written} of ${next}, dropped ${dropped}; ids came again after ${ids.length}`,
);
console.log(`RSS of the process: ${Math.round(process.memoryUsage.rss() / 1024 ** 2)} MB`);
await ledger.close();
rmSync(dir, { recursive: true, force: true });
