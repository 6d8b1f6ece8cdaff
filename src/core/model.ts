// ModelFacts: what is publicly known about one model of one provider. Null: not known.
import type { Effort } from './call.ts';
import type { Price } from './price.ts';

export type Modality = 'text' | 'image' | 'audio' | 'video' | 'pdf' | 'embedding';

export interface Abilities {
  readonly tools: boolean | null;
  readonly reasoning: boolean | null;
  readonly structuredOutput: boolean | null;
  readonly temperature: boolean | null;
}

/** How a model's thinking can be steered. Null: that way is not offered, or not known. */
export interface ThinkingRange {
  /** The efforts it takes, smallest first. */
  readonly efforts: readonly Effort[] | null;
  /** Bounds of a thinking budget, in tokens. */
  readonly minBudget: number | null;
  readonly maxBudget: number | null;
}

export interface ModelFacts {
  /** The provider's id here, and its own name for the model. `provider/model` is the canonical id. */
  readonly provider: string;
  readonly model: string;
  readonly name: string;
  /** Tokens. */
  readonly context: number | null;
  readonly maxOutput: number | null;
  readonly input: readonly Modality[];
  readonly output: readonly Modality[];
  readonly abilities: Abilities;
  readonly price: Price | null;
  /** ISO dates, as far as known: `2026-05` or `2026-05-14`. */
  readonly released: string | null;
  readonly knowledge: string | null;
  /** Who made the model: a provider's id where the maker sells it too (`anthropic`), else a plain name (`meta`). */
  readonly maker?: string | null;
  /** The maker's name as it is written: `Mistral AI`. */
  readonly makerName?: string | null;
  readonly thinking?: ThinkingRange | null;
}
