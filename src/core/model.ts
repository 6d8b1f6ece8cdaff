// ModelFacts: what is publicly known about one model of one provider. Null: not known.
import type { Price } from './price.ts';

export type Modality = 'text' | 'image' | 'audio' | 'video' | 'pdf' | 'embedding';

export interface Abilities {
  readonly tools: boolean | null;
  readonly reasoning: boolean | null;
  readonly structuredOutput: boolean | null;
  readonly temperature: boolean | null;
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
}
