// A process of its own that writes rows to the log: batches of some rows within one hour.
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import type { LogPlace } from '../../src/ledger/log-store.ts';
import { variedRow } from './log-rows.ts';

interface Task {
  readonly place: LogPlace;
  readonly seed: number;
  readonly batches: number;
  readonly rows: number;
  /** The hour. */
  readonly at: number;
}

const { place, seed, batches, rows, at } = JSON.parse(process.argv[2] ?? '') as Task;
const store = await openLogStore(place, { write: true });
for (let batch = 0; batch < batches; batch += 1) {
  const some = Array.from({ length: rows }, (_, n) => variedRow(n + seed, at + batch * 1000 + n));
  await store.insert(some);
  // What was written may come again.
  await store.insert(some.slice(0, 2));
  await Bun.sleep(2);
}
await store.close();
