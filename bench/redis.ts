// npm run bench:redis: what limits shared by way of Redis add to a request, on this machine's loopback.

import type { Meter, MeterKind } from '../src/limits/meters/meter.ts';
import { openRedisMeters, type RedisMeters } from '../src/limits/meters/redis/redis-meters.ts';
import { startRedis } from '../test/redis.ts';
import { findAllRedis, type RedisProgram } from '../test/redis-programs.ts';

const ONE_BY_ONE = 5000;
const AT_ONCE = 64;
const MANY = 40_000;

const of = { what: 'key', name: 'bench' } as const;
const meter = (kind: MeterKind): Meter => ({
  id: `key:bench/${kind}`,
  kind,
  limit: 1e15,
  period: kind === 'budget' ? 'day' : null,
  of,
});
const CALLERS: readonly (readonly [name: string, meters: readonly Meter[]])[] = [
  ['a budget', [meter('budget')]],
  [
    'a budget, both rates, concurrent',
    [meter('budget'), meter('requests'), meter('tokens'), meter('concurrent')],
  ],
];

async function request(store: RedisMeters, meters: readonly Meter[]): Promise<void> {
  const room = await store.hold(meters, { nano: 1000, tokens: 500 }, Date.now());
  if (!('settle' in room)) process.exit(1);
  room.settle({ nano: 900, tokens: 400 });
}

const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function measure(program: RedisProgram): Promise<void> {
  const server = await startRedis(program, ['--appendonly', 'no']);
  const store = openRedisMeters({ url: server.url, log: () => {}, onStoreFailure: 'refuse' });
  for (const [name, meters] of CALLERS) {
    for (let nth = 0; nth < 2000; nth += 1) await request(store, meters);
    const waits: number[] = [];
    for (let nth = 0; nth < ONE_BY_ONE; nth += 1) {
      const began = performance.now();
      await request(store, meters);
      waits.push(performance.now() - began);
    }
    waits.sort((one, other) => one - other);
    const at = (share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(3);
    const [began, cpu] = [performance.now(), cpuUs()];
    let left = MANY;
    const lane = async () => {
      while (left-- > 0) await request(store, meters);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const seconds = (performance.now() - began) / 1000;
    const rate = Math.round(MANY / seconds).toLocaleString('en');
    const cost = ((cpuUs() - cpu) / MANY).toFixed(1);
    console.log(
      `${program.name}, ${name}: adds ${at(0.5)} ms (p50), ${at(0.99)} ms (p99); ${AT_ONCE} at once: ${rate} requests/s, ${cost} µs of CPU each`,
    );
  }
  await store.close();
  await server.end();
}

const programs = await findAllRedis();
if (programs.length === 0) console.log('no Redis or Valkey here, and none could be fetched');
for (const program of programs) await measure(program);
