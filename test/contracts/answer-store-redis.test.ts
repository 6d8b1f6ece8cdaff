// The store of answers that replicas share keeps the contract, on every server of the kind that is to be had here.
import { afterAll, setDefaultTimeout } from 'bun:test';
import { answerSealing } from '../../src/cache/answer-seal.ts';
import { RedisAnswers } from '../../src/cache/redis/redis-answers.ts';
import { startRedis } from '../redis.ts';
import { findAllRedis } from '../redis-programs.ts';
import { answerStoreContract } from './answer-store.ts';

setDefaultTimeout(60_000);

const programs = await findAllRedis();
if (programs.length === 0) console.log('redis: NOT RUN: no server here, and none could be fetched');
const sealing = answerSealing({ current: new Uint8Array(32).fill(7), previous: [] });

for (const program of programs) {
  const server = await startRedis(program, ['--appendonly', 'no']);
  afterAll(() => server.end());
  answerStoreContract(program.name, async (setting) => {
    await server.run('FLUSHALL');
    const open = async () => {
      // However busy the machine is.
      const more = { url: server.url, sealing, log: () => {}, findMs: 5000 };
      const one = new RedisAnswers({ ...setting, ...more });
      await one.started;
      return one;
    };
    const store = await open();
    return { store, next: open, close: () => store.close() };
  });
}
