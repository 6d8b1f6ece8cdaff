// For the tests of exports: a gateway with a configuration that records rows at a pace, and says which as soon as they are safe on
// disk, until it is killed or told to end.
import { writeSync } from 'node:fs';
import { loadCatalogData } from '../../src/catalog/load.ts';
import { parseConfig } from '../../src/config/load.ts';
import { openGateway } from '../../src/gateway/build.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import { DURABLE_WITHIN_MS } from '../../src/ledger/open-ledger.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';

const STDOUT = 1;
const TURN_MS = 20;
const [dataDir = '', yaml = '', perTurn = '1', rows = '0'] = process.argv.slice(2);
const parsed = parseConfig(yaml, process.env, KNOWN_PROVIDERS);
if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
const gateway = openGateway({
  dataDir,
  adminKey: 'sy-admin-key-of-the-test',
  sources: {
    config: parsed.config,
    environment: {},
    catalog: loadCatalogData(dataDir),
    local: new Map(),
    sim: null,
  },
  log: (level, message) => process.stderr.write(`${level} ${message}\n`),
});
process.on('SIGTERM', () => {
  void gateway.stop().then(() => process.exit(0));
});

let left = Number(rows);
while (left > 0) {
  const ids: string[] = [];
  for (let count = 0; count < Number(perTurn) && left > 0; count += 1) {
    // Requests end some time after they arrived.
    const exchange = sampleExchange({ at: Date.now() - 820 });
    gateway.record(exchange);
    ids.push(exchange.id);
    left -= 1;
  }
  setTimeout(() => writeSync(STDOUT, `${ids.join('\n')}\n`), 4 * DURABLE_WITHIN_MS);
  await Bun.sleep(TURN_MS);
}
setInterval(() => undefined, 1000);
