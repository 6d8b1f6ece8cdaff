// npm run generate: writes the generated pages from their one source; with --check, fails when one is stale.
import { join, resolve } from 'node:path';
import { configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';

const root = resolve(import.meta.dir, '..');
const checking = process.argv.includes('--check');
const pages: readonly (readonly [path: string, text: string])[] = [
  ['docs/config.md', configPage()],
  ['docs/errors.md', errorsPage()],
  ['docs/metrics.md', await metricsPage()],
];

let stale = 0;
for (const [path, text] of pages) {
  const file = Bun.file(join(root, path));
  const current = (await file.exists()) ? await file.text() : null;
  if (current === text) continue;
  if (checking) {
    stale += 1;
    process.stdout.write(`${path} is stale: run "npm run generate"\n`);
  } else {
    await Bun.write(file, text);
    process.stdout.write(`${path} written\n`);
  }
}
process.exit(stale === 0 ? 0 : 1);
