// npm run bench: what the gateway costs above calling the provider directly. `--quick`, `--peer`, `--save-baseline`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LoadGenerator } from './load-generator.ts';
import { measureMemory, measureScenario, type ScenarioResult } from './measure.ts';
import { installPeer } from './peer.ts';
import { rssMb } from './process-figures.ts';
import { comparison, memoryLines, promises, type Report, scenarioTable } from './report.ts';
import { type Rig, startRig } from './rig.ts';
import { FULL, QUICK } from './scenarios.ts';

const BASELINE = join(import.meta.dir, 'baseline.json');
const OUT = join(import.meta.dir, 'out');

const { values: flags } = parseArgs({
  options: {
    /** Under a minute, one round of each: to see that nothing is badly off. */
    quick: { type: 'boolean', default: false },
    /** Beside us another gateway, installed from npm into a temporary folder. */
    peer: { type: 'boolean', default: false },
    'save-baseline': { type: 'boolean', default: false },
  },
});

process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

const rig = await startRig(flags.peer ? installPeer : null);
const load = await LoadGenerator.start();
try {
  const report = await measureAll(rig, load);
  write(report);
} finally {
  load.stop();
  await rig.stop();
}
process.exit(0);

async function measureAll(rig: Rig, load: LoadGenerator): Promise<Report> {
  const { scenarios, memoryRequests } = flags.quick ? QUICK : FULL;
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${process.platform}, Bun ${Bun.version}`;
  print(
    `${machine}. The provider, the proxies and the load share these processors. Medians of the rounds, with their range.`,
  );
  // First, on a fresh process; it warms the gateway up as well.
  const memory = await measureMemory(load, rig.gateway, memoryRequests);
  const targets = [rig.direct, rig.minimal, rig.gateway, rig.translated, ...rig.peers];
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const result = await measureScenario(load, scenario, targets);
    print(scenarioTable(result));
    results.push(result);
  }
  const finalRssMb = rssMb(rig.gateway.pid);
  print(memoryLines(memory, finalRssMb));
  return { machine, at: new Date().toISOString(), quick: flags.quick, results, memory, finalRssMb };
}

function write(report: Report): void {
  print(promises(report));
  if (existsSync(BASELINE))
    print(comparison(report, JSON.parse(readFileSync(BASELINE, 'utf8')) as Report));
  const text = `${JSON.stringify(report, null, 2)}\n`;
  mkdirSync(OUT, { recursive: true });
  const file = join(OUT, `${report.at.replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(file, text);
  print(`written to bench/out/${file.slice(OUT.length + 1)}`);
  if (flags['save-baseline']) writeFileSync(BASELINE, text);
}

function print(text: string): void {
  process.stdout.write(`\n${text}\n`);
}
