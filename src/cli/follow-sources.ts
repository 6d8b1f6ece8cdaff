// Follows the files a running gateway was made from: a saved configuration or a refreshed catalogue takes effect at once.
import { existsSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { loadCatalogData, REFRESHED_NAME } from '../catalog/load.ts';
import { formatProblem } from '../config/load.ts';
import { type Gateway, readConfig } from '../gateway/build.ts';

/** Editors write in several steps; the last one counts. */
const SETTLE_MS = 100;

/** Saving either file, or SIGHUP, swaps everything at once. A bad configuration is refused and the old one goes on. */
export function followSources(gateway: Gateway, configFile: string, dataDir: string): void {
  let hadFile = existsSync(configFile);
  const reload = async (why: string) => {
    if (hadFile && !existsSync(configFile)) {
      gateway.log('error', `configuration not taken: ${configFile} is gone; the old one goes on`);
      return;
    }
    hadFile = existsSync(configFile);
    const { config, problems } = await readConfig(configFile, process.env);
    if (config === null) {
      for (const problem of problems)
        gateway.log('error', `configuration not taken: ${formatProblem(configFile, problem)}`);
      return;
    }
    const snapshot = gateway.change({ config, catalog: loadCatalogData(dataDir) });
    gateway.log('info', `configuration loaded (${why})`, {
      providers: [...snapshot.providers.keys()],
    });
  };
  process.on('SIGHUP', () => void reload('SIGHUP'));
  onChange(configFile, () => void reload('file changed'));
  onChange(join(dataDir, REFRESHED_NAME), () => void reload('catalogue refreshed'));
}

/** Watches the folder, not the file: editors replace files, and a watch on the old one would see nothing more. */
function onChange(file: string, changed: () => void): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) return;
  let pending: ReturnType<typeof setTimeout> | undefined;
  watch(folder, (_event, name) => {
    if (name !== basename(file)) return;
    clearTimeout(pending);
    pending = setTimeout(changed, SETTLE_MS);
  }).unref();
}
