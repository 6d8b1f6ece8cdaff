// Follows the files a running gateway was made from: a saved configuration, a refreshed catalogue or score table takes effect at once.
import { existsSync, watchFile } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogData, REFRESHED_NAME } from '../catalog/load.ts';
import { SCORES_NAME } from '../catalog/scores.ts';
import { formatProblem } from '../config/load.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { readConfig } from '../gateway/read-config.ts';
import { changeAudited, noteRefused } from './audited-config.ts';

/** Editors write in several steps; the last one counts. */
const SETTLE_MS = 100;
const LOOK_MS = 500;

/** Saving any of them, or SIGHUP, swaps everything at once. A bad configuration is refused and the old one goes on. */
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
      await refused(problems.map(({ line }) => line));
      return;
    }
    try {
      const catalog = loadCatalogData(dataDir);
      const snapshot = await changeAudited(gateway, { config, catalog }, configFile);
      gateway.log('info', `configuration loaded (${why})`, {
        providers: [...snapshot.providers.keys()],
      });
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : '';
      gateway.log('error', `configuration not taken: ${reason}; the old one goes on`);
      await refused([null]);
    }
  };
  const refused = (lines: readonly (number | null)[]) =>
    noteRefused(gateway, configFile, lines).catch(({ message }: Error) =>
      gateway.log(
        'error',
        `that a configuration was refused could not be written down: ${message}`,
      ),
    );
  process.on('SIGHUP', () => void reload('SIGHUP'));
  onChange(configFile, () => void reload('file changed'));
  onChange(join(dataDir, REFRESHED_NAME), () => void reload('catalogue refreshed'));
  onChange(join(dataDir, SCORES_NAME), () => void reload('scores refreshed'));
}

/**
 * Looks at the file itself every so often. Events of its folder would name it too, but the data folder's log is written
 * many times a second, and each write would wake this process; nor do they come from every kind of file system.
 */
function onChange(file: string, changed: () => void): void {
  let pending: ReturnType<typeof setTimeout> | undefined;
  watchFile(file, { interval: LOOK_MS, persistent: false }, (now, before) => {
    // A file that is not there is told of once at the start.
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino) return;
    clearTimeout(pending);
    pending = setTimeout(changed, SETTLE_MS);
  });
}
