// For the durability test: appends rows, and says which and when as soon as it has, until it is killed; some close their log after
// a while, to be killed at that.
import { writeSync } from 'node:fs';
import { openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const STDOUT = 1;
const [dataDir = '', perTurn = '1', turns = '0'] = process.argv.slice(2);
const ledger = openLedger({ dataDir, log: () => {} });

for (let turn = 1; ; turn += 1) {
  let appended = '';
  for (let i = 0; i < Number(perTurn); i += 1) {
    const user = `user-${i % 7}`;
    const exchange = sampleExchange({ routerId: 'r', routeId: 'a', variantId: `v${i % 2}`, user });
    ledger.append(exchange);
    appended += `${Date.now()} ${exchange.id}\n`;
  }
  writeSync(STDOUT, appended);
  if (turn === Number(turns)) break;
  await Bun.sleep(1);
}
// That its event loop turns.
setInterval(() => writeSync(STDOUT, `${Date.now()} \n`), 2);
await ledger.close();
// Whoever is to kill it comes too late.
await Bun.sleep(60_000);
