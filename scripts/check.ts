// npm test: everything that must hold before a change lands, in the order that fails fastest. The same thing CI runs.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dir, '..');
const tool = (name: string) => join(root, 'node_modules', '.bin', name);

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
    // Two files at once: half of the tests wait for a clock. More would make the clocks late.
    args: ['test', '--timeout', '30000', '--parallel=2'],
  },
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
