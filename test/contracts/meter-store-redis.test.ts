// The store that replicas share keeps the contract of meters, on every server of the kind that is to be had here.
import { afterAll, setDefaultTimeout } from 'bun:test';
import { openRedisMeters } from '../../src/limits/meters/redis/redis-meters.ts';
import { startRedis } from '../redis.ts';
import { findAllRedis } from '../redis-programs.ts';
import { meterStoreContract } from './meter-store.ts';

setDefaultTimeout(60_000);

const REPLICAS = 3;
const programs = await findAllRedis();
if (programs.length === 0) console.log('redis: NOT RUN: no server here, and none could be fetched');

for (const program of programs) {
  const server = await startRedis(program, ['--appendonly', 'no']);
  afterAll(() => server.end());
  meterStoreContract({
    name: program.name,
    shared: true,
    stories: 60,
    async open(now) {
      const replicas = Array.from({ length: REPLICAS }, () =>
        openRedisMeters({
          url: server.url,
          onStoreFailure: 'local',
          log: () => {},
          now,
          // However busy the machine is.
          answerMs: 5000,
        }),
      );
      return {
        replicas,
        close: async () => void (await Promise.all(replicas.map((store) => store.close()))),
      };
    },
  });
}
