// KnownModels: which models have a name of their own in the metrics: a bounded number, whatever callers write.
import type { AttemptOutcome } from '../core/exchange.ts';
import { modelName } from './operation-name.ts';

export const MAX_MODELS = 500;
/** Of those, models without a known price: names that callers invent take no place from the catalogue's. */
const MAX_UNPRICED = 250;
const MAX_NAME_CHARS = 200;
/** What all others are together. */
const OTHER = 'other';

export class KnownModels {
  readonly #own = new Set<string>();
  #unpriced = 0;

  /** First come, first served. */
  label(attempt: Pick<AttemptOutcome, 'provider' | 'model' | 'price'>): string {
    const name = modelName(attempt);
    if (this.#own.has(attempt.model)) return name;
    if (this.#own.size >= MAX_MODELS || name.length > MAX_NAME_CHARS) return OTHER;
    if (attempt.price === null) {
      if (this.#unpriced >= MAX_UNPRICED) return OTHER;
      this.#unpriced += 1;
    }
    this.#own.add(attempt.model);
    return name;
  }
}
