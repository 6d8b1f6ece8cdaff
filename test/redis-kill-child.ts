// A replica for a test to kill: it fills a meter of a Redis, says so, and keeps its lease until then.
import type { Meter } from '../src/limits/meters/meter.ts';
import { openRedisMeters } from '../src/limits/meters/redis/redis-meters.ts';

const [url = '', meterText = ''] = process.argv.slice(2);
const meter = JSON.parse(meterText) as Meter;
const leaseMs = Number(process.env.LEASE_MS);
const store = openRedisMeters({ url, log: () => {}, onStoreFailure: 'local', leaseMs });
for (let nth = 0; nth < meter.limit; nth += 1)
  await store.hold([meter], { nano: 1, tokens: 1 }, Date.now());
console.log('held');
setInterval(() => {}, 1000);
