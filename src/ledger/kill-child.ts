// For the durability test: appends rows without end and prints when and which, and how long the oldest unwritten one has
// been waiting, until it is killed.
import { writeSync } from 'node:fs';
import { openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const STDOUT = 1;
const ledger = openLedger({ dataDir: process.argv[2] ?? '' });
const perTurn = Number(process.argv[3] ?? 1);

const appendedAt: number[] = [];

for (;;) {
  const oldest = appendedAt[ledger.stats.written];
  let printed = `waiting ${oldest === undefined ? 0 : Date.now() - oldest}\n`;
  for (let i = 0; i < perTurn; i += 1) {
    const exchange = sampleExchange();
    ledger.append(exchange);
    appendedAt.push(Date.now());
    printed += `${Date.now()} ${exchange.id}\n`;
  }
  writeSync(STDOUT, printed);
  await Bun.sleep(1);
}
