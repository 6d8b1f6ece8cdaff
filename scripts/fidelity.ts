// npm run fidelity: measures what recorded traffic becomes between all wires, prints it and writes docs/fidelity.md.
import { join, resolve } from 'node:path';
import { measureFidelity } from '../test/recordings/fidelity/measure.ts';
import { reportOf } from '../test/recordings/fidelity/report.ts';

const measured = await measureFidelity();
if (measured === null) {
  process.stdout.write('no recordings beside this repository: docs/fidelity.md stays as it is\n');
  process.exit(0);
}
const report = reportOf(measured);
await Bun.write(join(resolve(import.meta.dir, '..'), 'docs/fidelity.md'), report);
process.stdout.write(report);
for (const place of measured.unexplained) process.stdout.write(`unexplained: ${place}\n`);
process.exit(measured.unexplained.length === 0 ? 0 : 1);
