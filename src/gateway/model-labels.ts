// ModelLabels: which models have a label of their own in the metrics: a bounded number, whatever callers write.
import type { Candidate } from '../core/plan.ts';

/** What all others are together. */
export const OTHER = 'other';

/** Every label is remembered for good, here and by whoever collects the metrics. */
const MAX_MODELS = 500;
/** Of those, names nobody but callers knows: inventing some takes no place from the models of the catalogue. */
const MAX_UNLISTED = 250;
const MAX_NAME_CHARS = 200;

export class ModelLabels {
  readonly #own = new Set<string>();
  #unlisted = 0;

  /** First come, first served. */
  admit(candidate: Candidate): string {
    const { id, model } = candidate;
    if (this.#own.has(id)) return model;
    if (this.#own.size >= MAX_MODELS || !isPlain(id)) return OTHER;
    if (!isListed(candidate)) {
      if (this.#unlisted >= MAX_UNLISTED) return OTHER;
      this.#unlisted += 1;
    }
    this.#own.add(id);
    return model;
  }

  /** As it was admitted. */
  of(provider: string, model: string): string {
    return this.#own.has(`${provider}/${model}`) ? model : OTHER;
  }
}

function isListed({ facts, configured, model }: Candidate): boolean {
  return facts !== null || configured.models.includes(model);
}

/** A control character could end the collector's line, a half surrogate two labels as one; a name may be as long as a request. */
function isPlain(name: string): boolean {
  return name.length <= MAX_NAME_CHARS && name.isWellFormed() && !/\p{Cc}/u.test(name);
}
