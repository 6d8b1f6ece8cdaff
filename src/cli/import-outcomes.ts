// switchyard exports import-outcomes: reads back, now, what users did. A running gateway counts it within half a minute.
import { GatewayError } from '../core/errors.ts';
import { Experiments } from '../experiments/experiments.ts';
import { OutcomeImports } from '../gateway/import-outcomes.ts';
import { openStore } from '../store/open-store.ts';
import { auditCommand } from './acting.ts';
import { exitWith, settingsOrExit } from './settings.ts';

interface Given {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly name: string;
}

/** The gateway's log is its own: which requests outcomes belong to it finds out itself. */
async function notHere(): Promise<never> {
  throw new GatewayError('storage_unavailable', 'The log is not open here.');
}

export async function importOutcomesNow(args: Given): Promise<void> {
  const { dataDir, config } = await settingsOrExit(args);
  const { name } = args;
  await auditCommand(dataDir, {
    action: 'export.import_outcomes',
    target: name,
    before: null,
    after: null,
  });
  const quiet = () => undefined;
  const store = openStore({ dataDir });
  const experiments = new Experiments({ store, requestOf: notHere, log: quiet });
  const imports = new OutcomeImports({
    exports: () => config.exports,
    environment: () => process.env,
    ...{ experiments, log: quiet },
  });
  let failure: string | null = null;
  try {
    const run = await imports.run(name);
    const { read, imported, duplicates, changed, skipped, rejected, rejections, error } = run;
    process.stdout.write(
      `${read} read: ${imported} new, ${duplicates} known, ${changed} changed since, ${skipped} without a user or a value, ${rejected} rejected\n`,
    );
    for (const why of rejections) process.stderr.write(`rejected: ${why}\n`);
    failure = error;
  } catch (thrown) {
    failure = thrown instanceof Error ? thrown.message : 'it failed';
  }
  await imports.close();
  await experiments.close();
  store.close();
  if (failure !== null) exitWith([failure]);
}
