// Bills: what reconciliation needs of a gateway, put together. Nothing is opened before the first question.
import type { ConfigFile } from '../config/schema.ts';
import { logPlace } from '../ledger/log-place.ts';
import { BillStore } from '../reconcile/bill-store.ts';
import type { Vendor } from '../reconcile/billed.ts';
import type { Access } from '../reconcile/fetch-bill.ts';
import { Reconciliation } from '../reconcile/reconciliation.ts';
import { SqliteBills } from '../reconcile/sqlite-bills.ts';
import { readBillModel } from './bill-model-names.ts';
import { NightlyComparison, type NightlyOptions } from './nightly-comparison.ts';
import { ourDaysOf, type TellsUsage } from './our-days.ts';
import { PostgresBills } from './postgres-bills.ts';

export interface Bills {
  readonly reconciliation: Reconciliation;
  /** Unix milliseconds. */
  now(): number;
  /** The admin key of the configuration, else of the environment; null: none is set. */
  access(provider: Vendor): Access | null;
  /** What of the configuration the vendor bills. */
  providers(provider: Vendor): readonly string[];
  /** Compares what is due tonight; by itself it is looked every ten minutes. */
  lookNightly(): Promise<void>;
  close(): Promise<void>;
}

type Environment = { readonly [name: string]: string | undefined };

export interface BillsOptions {
  readonly dataDir: string;
  readonly log: TellsUsage;
  /** As they are now. */
  readonly environment: () => Environment;
  readonly config: () => ConfigFile['reconciliation'];
  readonly now?: (() => number) | undefined;
  /** Who is told of the nightly comparison; absent: there is none. */
  readonly nightly?: Pick<NightlyOptions, 'log' | 'metrics'>;
}

export function openBills(options: BillsOptions): Bills {
  const { dataDir, log, environment, config, now = Date.now } = options;
  const place = logPlace(environment().DATABASE_URL, dataDir);
  const database =
    place.engine === 'postgres' ? new PostgresBills(place.url) : new SqliteBills(dataDir);
  const bills = new BillStore({ database, now, newId: Bun.randomUUIDv7 });
  const ours = ourDaysOf(log, Date.now);
  const reconciliation = new Reconciliation({ bills, ours, readName: readBillModel });
  let nightly: NightlyComparison | null = null;
  const opened: Bills = {
    reconciliation,
    now,
    access: (provider) => accessIn(environment(), config(), provider),
    providers: (provider) => config()?.[provider]?.providers ?? [provider],
    lookNightly: async () => nightly?.look(),
    close: () => {
      nightly?.stop();
      return reconciliation.close();
    },
  };
  if (options.nightly !== undefined)
    nightly = new NightlyComparison({ ...options.nightly, bills: opened, config });
  return opened;
}

/** In the environment: `OPENAI_ADMIN_KEY`, and `OPENAI_ADMIN_BASE_URL` where the reports are behind another address than the vendor's. */
function accessIn(
  environment: Environment,
  config: ConfigFile['reconciliation'],
  provider: Vendor,
): Access | null {
  const name = provider.toUpperCase();
  const { admin_key: configured, base_url: address } = config?.[provider] ?? {};
  const key = configured ?? environment[`${name}_ADMIN_KEY`];
  if (key === undefined || key === '') return null;
  return { key, baseUrl: address ?? (environment[`${name}_ADMIN_BASE_URL`] || undefined) };
}
