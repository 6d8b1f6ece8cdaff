// Reconciliation: bills come in, from files or fetched, and are compared with the log.

import { readBillAside } from './bill-reader.ts';
import type { BillImport, BillStore } from './bill-store.ts';
import type { Vendor } from './billed.ts';
import { compareDays } from './compare.ts';
import type { Comparison } from './comparison.ts';
import type { Access, FetchedDays } from './fetch-bill.ts';
import type { Outside } from './fetch-pages.ts';
import { DAY_MS, daysBetween } from './line-reader.ts';
import type { ReadModelName } from './match-models.ts';
import type { OurDays } from './ours.ts';

/** In percent. */
const DEFAULT_TOLERANCE = 0.1;

export interface ReconciliationOptions {
  readonly bills: BillStore;
  readonly ours: OurDays;
  readonly readName: ReadModelName;
  readonly outside?: Outside;
}

export interface ComparisonAsked {
  readonly provider: Vendor;
  /** Days, both in it. Absent: from the first to the last that a bill tells of. */
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  /** The providers of the configuration that the vendor bills; absent: the one of its name. */
  readonly providers?: readonly string[] | undefined;
  /** In percent. */
  readonly tolerance?: number | undefined;
}

export class Reconciliation {
  readonly #options: ReconciliationOptions;

  constructor(options: ReconciliationOptions) {
    this.#options = options;
  }

  /** Rejects with `invalid_request` where it is no bill that can be read. */
  async importText(text: string, name: string | null): Promise<BillImport> {
    return this.#options.bills.keep(await readBillAside({ text, name }));
  }

  /** Rejects with what the vendor said, never with the key. */
  async importFetched(provider: Vendor, days: FetchedDays, access: Access): Promise<BillImport> {
    const { fetchBill } = await import('./fetch-bill.ts');
    const bill = await fetchBill(provider, days, access, this.#options.outside);
    return this.#options.bills.keep(bill);
  }

  imports(): Promise<readonly BillImport[]> {
    return this.#options.bills.imports();
  }

  remove(id: string): Promise<boolean> {
    return this.#options.bills.remove(id);
  }

  /** Null: no bill of the vendor has been imported and no days are named. */
  async compare(asked: ComparisonAsked): Promise<Comparison | null> {
    const { bills, ours, readName } = this.#options;
    const { provider, providers = [asked.provider], tolerance = DEFAULT_TOLERANCE } = asked;
    const imports = (await bills.imports()).filter((kept) => kept.provider === provider);
    const first = asked.first ?? imports.map(({ firstDay }) => firstDay).sort()[0];
    const last =
      asked.last ??
      imports
        .map(({ lastDay }) => lastDay)
        .sort()
        .at(-1);
    if (first === undefined || last === undefined) return null;
    const days = daysBetween(first, last);
    const stretch = { from: Date.parse(first), to: Date.parse(last) + DAY_MS };
    return compareDays({
      provider,
      days,
      ours: await ours({ ...stretch, providers }),
      bill: await bills.figures(provider, first, last),
      coverage: await bills.coverage(provider, first, last),
      tolerance,
      readName,
    });
  }

  close(): Promise<void> {
    return this.#options.bills.close();
  }
}
