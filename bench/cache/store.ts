// What keeping and finding an answer costs the thread that serves requests: in memory, with a file behind it, with Redis.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerSealing } from '../../src/cache/answer-seal.ts';
import type { AnswerStore } from '../../src/cache/answer-store.ts';
import { FileAnswers } from '../../src/cache/file/file-answers.ts';
import { MemoryAnswers, type MemoryBounds } from '../../src/cache/memory-answers.ts';
import { RedisAnswers } from '../../src/cache/redis/redis-answers.ts';
import { answerOf } from '../../test/contracts/answer-store.ts';
import { startRedis } from '../../test/redis.ts';
import { findRedis } from '../../test/redis-programs.ts';
import { threadCpuMicros } from '../thread-cpu.ts';

const MB = 1024 * 1024;
const BOUNDS: MemoryBounds = { maxBytes: 512 * MB, maxEntries: 100_000, maxEntryBytes: MB };
/** A few hundred tokens, streamed. */
const TEXT_CHARS = 10_000;
const AT_ONCE = 20;

export interface StoreBenchOptions {
  readonly quick?: boolean;
  readonly print: (what: string, value: string) => void;
}

export async function benchStores({ quick = false, print }: StoreBenchOptions): Promise<void> {
  const rounds = quick ? 1000 : 5000;
  print('a kept answer', `${TEXT_CHARS / 1000} kB, CPU of the main thread, microseconds each`);
  await measure('memory', rounds, print, new MemoryAnswers(() => BOUNDS, Date.now));
  for (const byte of [null, 7]) {
    const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
    const current = byte === null ? null : new Uint8Array(32).fill(byte);
    const sealing = answerSealing({ current, previous: [] });
    const isSealed = byte === null ? '' : ', sealed';
    const common = { sealing, bounds: () => BOUNDS, now: Date.now, log: () => undefined };
    const file = new FileAnswers({ dataDir, ...common });
    await measure(`a file${isSealed}`, rounds, print, file);
    rmSync(dataDir, { recursive: true, force: true });
    const program = await findRedis();
    if (typeof program === 'string') {
      print(`Redis${isSealed}`, `NOT RUN: ${program}`);
      continue;
    }
    const server = await startRedis(program, ['--appendonly', 'no']);
    const redis = new RedisAnswers({ url: server.url, ...common, findMs: 5000 });
    await redis.started;
    const other = new RedisAnswers({ url: server.url, ...common, findMs: 5000 });
    await other.started;
    await measure(`${program.name}${isSealed}`, rounds, print, redis, other);
    await server.end();
  }
}

/** @param other a replica that has nothing in memory */
async function measure(
  name: string,
  rounds: number,
  print: StoreBenchOptions['print'],
  store: AnswerStore,
  other?: AnswerStore,
): Promise<void> {
  const expiresAt = Date.now() + 3_600_000;
  const text = 'data: {"choices":[{"delta":{"content":"word "}}]}\n\n'
    .repeat(TEXT_CHARS / 50)
    .slice(0, TEXT_CHARS);
  const each = async (what: string, of: AnswerStore, work: (nth: number) => unknown) => {
    const before = threadCpuMicros();
    for (let nth = 0; nth < rounds; nth += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => work(nth + at)));
      // As requests come: a few in each turn.
      await new Promise(setImmediate);
    }
    await of.flush();
    const us = (threadCpuMicros() - before) / rounds;
    print(`${name}: ${what}`, us.toFixed(1));
  };
  await each('(an empty turn, in all of these)', store, () => null);
  await each('warming up', store, (nth) =>
    store.keep(`warm${nth}`, answerOf(`${nth}${text}`, { expiresAt, form: 'frames' })),
  );
  await each('keep', store, (nth) =>
    store.keep(`k${nth}`, answerOf(`${nth}${text}`, { expiresAt, form: 'frames' })),
  );
  await each('find, kept here', store, (nth) => store.find(`k${nth}`));
  await each('find, not there', store, (nth) => store.find(`none${nth}`));
  if (other !== undefined) {
    await each('find, kept by another', other, (nth) => other.find(`k${nth}`));
    await other.close();
  }
  await store.close();
}

if (import.meta.main) {
  await benchStores({
    quick: process.argv.includes('--quick'),
    print: (what, value) => process.stdout.write(`${what.padEnd(60)}${value}\n`),
  });
  process.exit(0);
}
