// Bills: what reconciliation needs of a gateway, put together. Nothing is opened before the first question.
import { BillStore } from '../reconcile/bill-store.ts';
import type { Vendor } from '../reconcile/billed.ts';
import type { Access } from '../reconcile/fetch-bill.ts';
import { Reconciliation } from '../reconcile/reconciliation.ts';
import { readBillModel } from './bill-model-names.ts';
import { type ListsRows, ourDaysOf } from './our-days.ts';

export interface Bills {
  readonly reconciliation: Reconciliation;
  /** Unix milliseconds. */
  now(): number;
  /** The admin key of the environment; null: none is set. */
  access(provider: Vendor): Access | null;
  close(): void;
}

type Environment = { readonly [name: string]: string | undefined };

export interface BillsOptions {
  readonly dataDir: string;
  readonly log: ListsRows;
  readonly environment: () => Environment;
  readonly now?: (() => number) | undefined;
}

export function openBills({ dataDir, log, environment, now = Date.now }: BillsOptions): Bills {
  const bills = new BillStore({ dataDir, now, newId: Bun.randomUUIDv7 });
  const ours = ourDaysOf(log);
  const reconciliation = new Reconciliation({ bills, ours, readName: readBillModel });
  return {
    reconciliation,
    now,
    access: (provider) => accessIn(environment(), provider),
    close: () => reconciliation.close(),
  };
}

/** `OPENAI_ADMIN_KEY`; `OPENAI_ADMIN_BASE_URL` where the reports are behind another address than the vendor's. */
export function accessIn(environment: Environment, provider: Vendor): Access | null {
  const name = provider.toUpperCase();
  const key = environment[`${name}_ADMIN_KEY`];
  if (key === undefined || key === '') return null;
  return { key, baseUrl: environment[`${name}_ADMIN_BASE_URL`] || undefined };
}
