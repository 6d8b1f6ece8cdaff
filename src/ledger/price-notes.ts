// PriceNotes: which prices the log has been told of, so that each is written down once: when it is first used.
import type { Price } from '../core/price.ts';
import { priceVersion } from '../core/price-version.ts';
import type { PricesTable } from '../store/tables.ts';

export class PriceNotes {
  /** As many as there are different prices among the models in use. */
  readonly #told = new Set<string>();
  readonly #now: () => number;

  /** @param now Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the log has to be told; null: it knows. It keeps the first of a version, so that telling it again after a start does no harm. */
  note(model: string, price: Price): PricesTable | null {
    const version = priceVersion(price);
    if (this.#told.has(version)) return null;
    this.#told.add(version);
    return { version, model, price: JSON.stringify(price), since: this.#now() };
  }
}
