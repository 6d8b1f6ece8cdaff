// For the durability test: appends rows without end and prints when and which, until it is killed.
import { writeSync } from 'node:fs';
import { openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const STDOUT = 1;
const ledger = openLedger({ dataDir: process.argv[2] ?? '' });
const perTurn = Number(process.argv[3] ?? 1);

for (;;) {
  let printed = '';
  for (let i = 0; i < perTurn; i += 1) {
    const exchange = sampleExchange();
    ledger.append(exchange);
    printed += `${Date.now()} ${exchange.id}\n`;
  }
  writeSync(STDOUT, printed);
  await Bun.sleep(1);
}
