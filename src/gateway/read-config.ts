// readConfig: the configuration a gateway starts from.
import { type ConfigProblem, parseConfig } from '../config/load.ts';
import type { ConfigFile } from '../config/schema.ts';
import { configChecks } from './config-checks.ts';
import { KNOWN_PROVIDERS } from './configure-providers.ts';
import type { SnapshotSources } from './snapshot.ts';

/** The configuration a gateway starts from, or its problems. A file that is not there is an empty configuration. */
export async function readConfig(
  file: string,
  environment: SnapshotSources['environment'],
): Promise<{
  readonly config: ConfigFile | null;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}> {
  const source = Bun.file(file);
  if (!(await source.exists())) return { config: {}, problems: [], warnings: [] };
  const loaded = parseConfig(await source.text(), environment, KNOWN_PROVIDERS, configChecks);
  return loaded.ok
    ? { config: loaded.config, problems: [], warnings: loaded.warnings }
    : { config: null, problems: loaded.problems, warnings: [] };
}
