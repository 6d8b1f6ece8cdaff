// For the durability test: appends rows and prints when and which, and how long the oldest has been waiting to be on disk, until
// it is killed; some close their log after a while, to be killed at that.
import { writeSync } from 'node:fs';
import { openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const STDOUT = 1;
const [dataDir = '', perTurn = '1', turns = '0'] = process.argv.slice(2);
const ledger = openLedger({ dataDir, log: () => {} });
const appendedAt: number[] = [];

/** The time, and how long the oldest row has been waiting to be on disk. */
function waiting(): string {
  const oldest = appendedAt[appendedAt.length - ledger.stats.queued];
  return `waiting ${Date.now()} ${oldest === undefined ? 0 : Date.now() - oldest}\n`;
}

for (let turn = 1; ; turn += 1) {
  let printed = waiting();
  for (let i = 0; i < Number(perTurn); i += 1) {
    const user = `user-${i % 7}`;
    const exchange = sampleExchange({ routerId: 'r', routeId: 'a', variantId: `v${i % 2}`, user });
    ledger.append(exchange);
    appendedAt.push(Date.now());
    printed += `${Date.now()} ${exchange.id}\n`;
  }
  writeSync(STDOUT, printed);
  if (turn === Number(turns)) break;
  await Bun.sleep(1);
}
setInterval(() => writeSync(STDOUT, waiting()), 2);
await ledger.close();
// Whoever is to kill it comes too late.
await Bun.sleep(60_000);
