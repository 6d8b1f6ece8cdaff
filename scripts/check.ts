// npm test: everything that must hold before a change lands, in the order that fails fastest. The same thing CI runs.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dir, '..');
const tool = (name: string) => join(root, 'node_modules', '.bin', name);

const TEST = ['test', '--timeout', '30000'];

/** Tests that say how long something may take: they run alone, one file after the other. */
const BY_THE_CLOCK: readonly string[] = [
  'sim/timing.test.ts',
  'src/upstream/limits.test.ts',
  'test/contracts/linear-time.test.ts',
  'test/journeys/coalescing.test.ts',
  'test/journeys/coalescing-others.test.ts',
  'test/journeys/deadlines.test.ts',
  'test/journeys/failover.test.ts',
  'test/journeys/fault-injection.test.ts',
  'test/journeys/going-on.test.ts',
  'test/journeys/hang-up.test.ts',
  'test/journeys/key-pools.test.ts',
  'test/journeys/load.test.ts',
  'test/journeys/slow-callers.test.ts',
  'test/journeys/stream-faults.test.ts',
];

const STEPS: readonly {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}[] = [
  { name: 'format and lint', command: tool('biome'), args: ['check', '.'] },
  { name: 'types', command: tool('tsc'), args: ['-p', '.'] },
  { name: 'unused code', command: tool('knip'), args: ['--no-progress'] },
  {
    name: 'generated files are fresh',
    command: process.execPath,
    args: ['scripts/generate.ts', '--check'],
  },
  {
    name: 'tests',
    command: process.execPath,
    // Two files at once: half of the tests wait for something. More would make their clocks late.
    args: [
      ...TEST,
      '--parallel=2',
      ...BY_THE_CLOCK.map((file) => `--path-ignore-patterns=${file}`),
    ],
  },
  { name: 'tests by the clock', command: process.execPath, args: [...TEST, ...BY_THE_CLOCK] },
];

for (const step of STEPS) {
  const started = performance.now();
  process.stdout.write(`\n== ${step.name}\n`);
  const { status } = spawnSync(step.command, step.args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    process.stdout.write(`== ${step.name}: failed after ${seconds} s\n`);
    process.exit(1);
  }
  process.stdout.write(`== ${step.name}: good, ${seconds} s\n`);
}
