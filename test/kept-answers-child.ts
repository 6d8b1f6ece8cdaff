// A process that keeps answers as fast as they are written, until it is killed: for the test of what is there then.
import { answerSealing } from '../src/cache/answer-seal.ts';
import { FileAnswers } from '../src/cache/file/file-answers.ts';
import { answerOf, ROOMY } from './contracts/answer-store.ts';

const NOW = 1_800_000_000_000;
const store = new FileAnswers({
  dataDir: process.argv[2] ?? '',
  sealing: answerSealing({ current: new Uint8Array(32).fill(3), previous: [] }),
  bounds: () => ({ ...ROOMY, maxEntries: 2000 }),
  now: () => NOW,
  log: (level, message) => process.stderr.write(`${level} ${message}\n`),
});
for (let nth = 0; ; nth++) {
  store.keep(`k${nth}`, answerOf(`${nth} `.repeat(1000 + (nth % 100))));
  if (nth % 50 === 0) await store.flush();
  if (nth === 500) process.stdout.write('it is writing\n');
}
