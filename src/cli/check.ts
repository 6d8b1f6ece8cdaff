// switchyard check: is the configuration good? Exit 0, or 1 with line and reason.
import { existsSync } from 'node:fs';
import { defineCommand } from 'citty';
import { formatProblem } from '../config/load.ts';
import { routerWarnings } from '../gateway/router-warnings.ts';
import { settingsArgs, settingsOrExit } from './settings.ts';
import { snapshotFor } from './snapshot-for.ts';

export const check = defineCommand({
  meta: {
    name: 'check',
    description: 'Check the configuration file; exit 1 with line and reason when it is not good.',
  },
  args: settingsArgs,
  async run({ args }) {
    const settings = await settingsOrExit(args);
    const snapshot = await snapshotFor(settings);
    for (const warning of settings.warnings)
      process.stdout.write(`${formatProblem(settings.configFile, warning)}\n`);
    for (const notice of [...snapshot.notices, ...routerWarnings(snapshot)])
      process.stdout.write(`${notice}\n`);
    const names = [...snapshot.providers.keys()];
    const file = existsSync(settings.configFile)
      ? `${settings.configFile} is good.`
      : 'There is no configuration file: the defaults and the environment count.';
    process.stdout.write(
      `${file} Providers: ${names.length === 0 ? 'none (serve would attach the simulated one)' : names.join(', ')}.${routersWords([...snapshot.routers.keys()])}\n`,
    );
  },
});

function routersWords(ids: readonly string[]): string {
  return ids.length === 0 ? '' : ` Routers: ${ids.map((id) => `router/${id}`).join(', ')}.`;
}
