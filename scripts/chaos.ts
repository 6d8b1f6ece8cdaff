// npm run chaos: plays every fault at every wire, prints what survived and writes docs/resilience.md. Exits with 1 when something did
// not. `-- --all`: every pair of wires; `-- --load`: the load run instead; `-- --only=NAME`: faults of that name, nothing written.
import { join, resolve } from 'node:path';
import { loadProblems, runLoad } from '../test/chaos/load/run-load.ts';
import { LOAD_TITLE, loadSection } from '../test/chaos/load-report.ts';
import { failuresOf, pageOf } from '../test/chaos/report.ts';
import { casesOf, runChaos } from '../test/chaos/run-chaos.ts';

const page = Bun.file(join(resolve(import.meta.dir, '..'), 'docs/resilience.md'));
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);
const say = (line: string) => process.stdout.write(`${line}\n`);
const problems = process.argv.includes('--load') ? await load() : await chaos();
for (const problem of problems) say(`✗ ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

async function chaos(): Promise<readonly string[]> {
  const cases = casesOf(process.argv.includes('--all') ? 'all' : 'usual').filter(
    ({ fault }) => only === undefined || fault.name.includes(only),
  );
  const startedMs = performance.now();
  const ran = await runChaos(cases, (done) => {
    if (done % 500 === 0) say(`${done} of ${cases.length} cases`);
  });
  say(`${ran.length} cases in ${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
  const text = pageOf(ran);
  say(text);
  const { load: kept } = await parts();
  if (only === undefined) await Bun.write(page, text + kept);
  return failuresOf(ran);
}

async function load(): Promise<readonly string[]> {
  const result = await runLoad(say);
  const section = loadSection(result);
  say(`\n${section}`);
  const { cases } = await parts();
  await Bun.write(page, `${cases}\n${section}`);
  return loadProblems(result);
}

/** Each run writes its own part and leaves the other's. */
async function parts(): Promise<{ readonly cases: string; readonly load: string }> {
  const text = (await page.exists()) ? await page.text() : '# Resilience\n';
  const at = text.indexOf(LOAD_TITLE);
  if (at === -1) return { cases: text, load: '' };
  return { cases: `${text.slice(0, at).trimEnd()}\n`, load: `\n${text.slice(at)}` };
}
