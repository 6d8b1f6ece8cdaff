// switchyard reconcile: a vendor's bill beside the log, by day and model. Exit 1 where they differ, 2 where that cannot be said.
import { defineCommand } from 'citty';
import { type Bills, openBills } from '../gateway/open-bills.ts';
import { logPlace } from '../ledger/log-place.ts';
import { openLogReader } from '../ledger/open-ledger.ts';
import { parseComparison, parseFetch, parseVendor } from '../reconcile/asked.ts';
import { VENDORS } from '../reconcile/billed.ts';
import type { Comparison } from '../reconcile/comparison.ts';
import type { Reconciliation } from '../reconcile/reconciliation.ts';
import { shownComparison } from '../reconcile/shown.ts';
import { auditCommand } from './acting.ts';
import { printable, printableJson } from './printable.ts';
import { comparisonTable } from './reconcile-table.ts';
import { exitWith, needsData, settingsArgs, settingsOrExit } from './settings.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

/** Scripts have to tell a bill that differs from one that could not be read. */
export const FAILED = 2;
const DIFFERS = 1;

export const reconcile = defineCommand({
  meta: {
    name: 'reconcile',
    description: "Compare a provider's bill with the log, by day and model.",
  },
  args: {
    ...settingsArgs,
    file: {
      type: 'positional',
      description: 'an export of the provider (CSV, or what its API answered): imported first',
      required: false,
    },
    provider: text('openai or anthropic; with a file, the file tells'),
    from: text('the first day (UTC), such as 2026-11-01'),
    to: text('the last day; fetching stops at yesterday by default'),
    providers: text("the configuration's providers that it bills (default: the one of its name)"),
    tolerance: text('percent that figures may differ by (default 0.1)'),
    'key-env': text('the variable with the admin key (default OPENAI_ADMIN_KEY, …)'),
    json: { type: 'boolean', description: 'one JSON object' },
  },
  async run({ args }) {
    const { dataDir, config } = await settingsOrExit(args, FAILED);
    needsData(args, { dataDir }, FAILED);
    const reader = openLogReader({
      dataDir,
      place: logPlace(process.env.DATABASE_URL, dataDir),
    });
    const bills = openBills({
      dataDir,
      log: reader,
      environment: () => environmentOf(args),
      config: () => config.reconciliation,
    });
    try {
      checkAsked(args);
      const provider =
        args.file === undefined
          ? await fetched(bills, args, dataDir)
          : (await importFile(bills.reconciliation, args.file, dataDir)).provider;
      const { from, to, tolerance } = args;
      const providers = args.providers ?? bills.providers(provider).join();
      const asked = parseComparison({ provider, from, to, providers, tolerance }, Date.now());
      const comparison = await bills.reconciliation.compare(asked);
      if (comparison === null)
        refuse(
          `No bill of ${provider} has been imported yet: name an exported file, or set ${provider.toUpperCase()}_ADMIN_KEY and --from.`,
        );
      const told = args.json
        ? printableJson(shownComparison(comparison))
        : comparisonTable(printable(comparison));
      process.stdout.write(`${told}\n`);
      if (differs(comparison)) process.exitCode = DIFFERS;
    } catch (thrown) {
      refuse(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      await bills.close();
      await reader.close();
    }
  },
});

interface Asked {
  readonly provider?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly tolerance?: string | undefined;
}

function refuse(message: string): never {
  exitWith([message], FAILED);
}

/** Before anything is imported for it. */
function checkAsked({ provider = VENDORS[0], from, to, tolerance }: Asked): void {
  parseComparison({ provider, from, to, tolerance }, Date.now());
}

interface Fetching {
  readonly provider?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly 'key-env'?: string | undefined;
}

async function importFile(reconciliation: Reconciliation, path: string, dataDir: string) {
  const file = Bun.file(path);
  if (!(await file.exists())) refuse(`There is no file ${path}.`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const text = await file.text();
  const entry = { action: 'reconciliation.import', target: name, before: null };
  await auditCommand(dataDir, { ...entry, after: { name } });
  const kept = await reconciliation.importText(text, name);
  process.stderr.write(
    `${kept.format}: ${kept.figures} figures from ${kept.firstDay} to ${kept.lastDay} (import ${kept.id})\n`,
  );
  return kept;
}

/** With the key of the variable that is named in place of the usual one. */
function environmentOf({ provider, 'key-env': variable }: Fetching): typeof process.env {
  if (variable === undefined) return process.env;
  const key = process.env[variable];
  if (!key) refuse(`The variable ${variable} is not set.`);
  return { ...process.env, [`${(provider ?? '').toUpperCase()}_ADMIN_KEY`]: key };
}

/** Without a key what was imported before is compared. */
async function fetched(bills: Bills, { provider: name, from, to }: Fetching, dataDir: string) {
  const provider = parseVendor(name);
  const access = bills.access(provider);
  if (access === null || from === undefined) return provider;
  const asked = parseFetch({ provider, from, to }, Date.now());
  const entry = { action: 'reconciliation.import', target: provider, before: null };
  const { first, last } = asked;
  await auditCommand(dataDir, { ...entry, after: { provider, first, last } });
  await bills.reconciliation.importFetched(provider, asked, access);
  return provider;
}

/** Days that may still change say nothing yet. */
function differs({ lines }: Comparison): boolean {
  return lines.some(({ verdict }) => verdict !== 'match' && verdict !== 'incomplete');
}
