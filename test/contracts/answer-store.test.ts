// Every store of answers of one process keeps their contract; the one that replicas share has a file of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerSealing } from '../../src/cache/answer-seal.ts';
import { FileAnswers } from '../../src/cache/file/file-answers.ts';
import { MemoryAnswers } from '../../src/cache/memory-answers.ts';
import { answerStoreContract } from './answer-store.ts';

answerStoreContract('memory', async ({ bounds, now }) => {
  const store = new MemoryAnswers(bounds, now);
  return { store, next: null, close: () => store.close() };
});

const MASTER = new Uint8Array(32).fill(7);
for (const current of [null, MASTER]) {
  const sealing = answerSealing({ current, previous: [] });
  answerStoreContract(`a file${current === null ? '' : ', sealed'}`, async (setting) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-answers-'));
    const open = () => new FileAnswers({ ...setting, dataDir, sealing, log: () => {} });
    const store = open();
    return {
      store,
      next: async () => open(),
      async close() {
        await store.close();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  });
}
