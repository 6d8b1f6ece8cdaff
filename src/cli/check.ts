// switchyard check: is the configuration good? Exit 0, or 1 with line and reason.
import { existsSync } from 'node:fs';
import { defineCommand } from 'citty';
import { formatProblem } from '../config/load.ts';
import { readMasterKeys } from '../config/master-key.ts';
import { GatewayError } from '../core/errors.ts';
import { routerWarnings } from '../gateway/router-warnings.ts';
import { PROVIDERS } from '../providers/index.ts';
import { databasePath, openStore } from '../store/open-store.ts';
import { type StoredKeys, storedKeysIn } from '../vault/vault-trouble.ts';
import { checkedExports } from './checked-exports.ts';
import { exitWith, type Settings, settingsArgs, settingsOrExit } from './settings.ts';
import { snapshotFor } from './snapshot-for.ts';

export const check = defineCommand({
  meta: {
    name: 'check',
    description: 'Check the configuration file; exit 1 with line and reason when it is not good.',
  },
  args: settingsArgs,
  async run({ args }) {
    const settings = await settingsOrExit(args);
    const { pools, trouble } = storedKeys(settings);
    const snapshot = await snapshotFor(settings, pools);
    for (const warning of settings.warnings)
      process.stdout.write(`${formatProblem(settings.configFile, warning)}\n`);
    const exported = await checkedExports(settings.config);
    if (exported.problems.length > 0) exitWith(exported.problems);
    const stored = trouble === null ? [] : [trouble];
    const notices = [...snapshot.notices, ...stored, ...exported.notices];
    for (const notice of [...notices, ...routerWarnings(snapshot)])
      process.stdout.write(`${notice}\n`);
    const names = new Set([...snapshot.providers.keys(), ...simulatedIn(settings)]);
    const file = existsSync(settings.configFile)
      ? `${settings.configFile} is good.`
      : 'There is no configuration file: the defaults and the environment count.';
    process.stdout.write(
      `${file} Providers: ${names.size === 0 ? 'none (serve would attach the simulated one)' : [...names].join(', ')}.${routersWords([...snapshot.routers.keys()])}\n`,
    );
  },
});

/** It is attached where serve runs it, so the snapshot does not have it. */
function simulatedIn({ config }: Settings): readonly string[] {
  const { providers = {} } = config;
  return PROVIDERS.flatMap(({ id, simulated }) =>
    simulated === true && Object.hasOwn(providers, id) && providers[id]?.enabled !== false
      ? id
      : [],
  );
}

/** The provider keys that are stored. A master key that is none ends the check. */
function storedKeys({ dataDir }: Settings): StoredKeys {
  try {
    const masterKeys = readMasterKeys(process.env);
    if (!existsSync(databasePath(dataDir))) return { pools: new Map(), trouble: null };
    const store = openStore({ dataDir });
    const found = storedKeysIn(store, masterKeys);
    store.close();
    return found;
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}

function routersWords(ids: readonly string[]): string {
  return ids.length === 0 ? '' : ` Routers: ${ids.map((id) => `router/${id}`).join(', ')}.`;
}
