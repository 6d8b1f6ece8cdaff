// npm run chaos: plays every fault at every wire, prints what survived and writes docs/resilience.md. Exits with 1 when something did not.
import { join, resolve } from 'node:path';
import { failuresOf, pageOf } from '../test/chaos/report.ts';
import { casesOf, type Extent, runChaos } from '../test/chaos/run-chaos.ts';

const root = resolve(import.meta.dir, '..');
const named = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);
const extent: Extent = process.argv.includes('--some')
  ? 'some'
  : process.argv.includes('--all')
    ? 'all'
    : 'usual';
const cases = casesOf(extent).filter(
  ({ fault }) => named === undefined || fault.name.includes(named),
);
const startedMs = performance.now();
const ran = await runChaos(cases, (done) => {
  if (done % 200 === 0) process.stderr.write(`${done}/${cases.length}\n`);
});
const page = pageOf(ran);
process.stdout.write(page);
for (const failure of failuresOf(ran)) process.stdout.write(`${failure}\n`);
process.stdout.write(`${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
if (named === undefined && extent !== 'some')
  await Bun.write(join(root, 'docs/resilience.md'), page);
process.exit(ran.every(({ problems }) => problems.length === 0) ? 0 : 1);
