// Price: what a model's tokens cost, and the exact arithmetic from usage to money.
import type { Usage } from './usage.ts';

/** US dollars per million tokens (`search`: per thousand calls). Null: the provider does not sell or publish it. */
export interface Rates {
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead?: number | null;
  readonly cacheWrite5m?: number | null;
  readonly cacheWrite1h?: number | null;
  readonly reasoning?: number | null;
  readonly audioIn?: number | null;
  readonly audioOut?: number | null;
  readonly search?: number | null;
}

export interface Price extends Rates {
  /** Rates that replace the base ones for the whole call once its input exceeds `above` tokens; ascending. */
  readonly tiers?: readonly (Rates & { readonly above: number })[];
}
