// LiveMedians: how fast models answer lately, kept for a second each: planning asks for hundreds of them at once.
import type { Measured } from '../../core/measured.ts';
import type { Candidate } from '../../core/plan.ts';
import { type PromptSize, promptSizeOf } from './by-prompt-size.ts';
import type { Spread } from './recent-samples.ts';

export type Speed = 'ttft' | 'throughput';

/** Of one model and region; null: of prompts of any size. */
export type SpreadOf = (
  speed: Speed,
  model: { readonly provider: string; readonly model: string; readonly region: string | null },
  promptTokens: number | null,
) => Spread;

/** Samples come and age all the time; a median moves slowly. */
const KEPT_MS = 1000;
/** Callers name models freely. */
const MAX_MODELS = 2000;

interface Kept {
  readonly until: number;
  readonly measured: Measured | null;
}

interface KeptOfModel {
  readonly region: string | null;
  readonly ttft: Map<PromptSize, Kept>;
  readonly throughput: Map<PromptSize, Kept>;
}

export class LiveMedians {
  readonly #spreadOf: SpreadOf;
  readonly #now: () => number;
  readonly #models = new Map<string, KeptOfModel>();

  constructor(spreadOf: SpreadOf, now: () => number) {
    this.#spreadOf = spreadOf;
    this.#now = now;
  }

  /** Of prompts of about this size; of any size where none of this size was measured lately. */
  of(speed: Speed, { id, configured, model }: Candidate, promptTokens: number): Measured | null {
    const now = this.#now();
    const { region, provider } = configured;
    let kept = this.#models.get(id);
    if (kept === undefined || kept.region !== region) {
      if (this.#models.size >= MAX_MODELS) this.#models.clear();
      kept = { region, ttft: new Map(), throughput: new Map() };
      this.#models.set(id, kept);
    }
    const size = promptSizeOf(promptTokens);
    const found = kept[speed].get(size);
    if (found !== undefined && now < found.until) return found.measured;
    const target = { provider: provider.id, model, region };
    const measured =
      medianOf(this.#spreadOf(speed, target, promptTokens)) ??
      medianOf(this.#spreadOf(speed, target, null));
    kept[speed].set(size, { until: now + KEPT_MS, measured });
    return measured;
  }
}

function medianOf({ p50, samples }: Spread): Measured | null {
  return p50 === null ? null : { value: p50, samples };
}
