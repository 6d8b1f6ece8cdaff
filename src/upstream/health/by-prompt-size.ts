// ByPromptSize: measurements kept apart by how long the prompt was, because what is measured depends on it.
import { RecentSamples, type Spread, spreadOf } from './recent-samples.ts';

/** Tokens: each class holds prompts shorter than this, and longer than those of the class before. */
const CLASSES = [
  ['under_1k', 1_000],
  ['under_8k', 8_000],
  ['under_32k', 32_000],
  ['under_128k', 128_000],
  ['over_128k', Number.POSITIVE_INFINITY],
] as const;

/** `unknown`: nobody counted the prompt. */
export type PromptSize = (typeof CLASSES)[number][0] | 'unknown';

export function promptSizeOf(tokens: number | null): PromptSize {
  if (tokens === null) return 'unknown';
  return CLASSES.find(([, below]) => tokens < below)?.[0] ?? 'over_128k';
}

export class ByPromptSize {
  /** Only those that were seen: most models are asked in one or two sizes. */
  readonly #sizes = new Map<PromptSize, RecentSamples>();

  add(value: number, promptTokens: number | null, now: number): void {
    const size = promptSizeOf(promptTokens);
    let samples = this.#sizes.get(size);
    if (samples === undefined) {
      samples = new RecentSamples();
      this.#sizes.set(size, samples);
    }
    samples.add(value, now);
  }

  values(size: PromptSize, now: number): Iterable<number> {
    return this.#sizes.get(size)?.values(now) ?? [];
  }

  /** Of all prompts together. */
  *all(now: number): Generator<number> {
    for (const samples of this.#sizes.values()) yield* samples.values(now);
  }

  /** Of each size that was seen lately. */
  spreads(now: number): readonly (readonly [PromptSize, Spread])[] {
    return [...this.#sizes]
      .map(([size, samples]) => [size, spreadOf(samples.values(now))] as const)
      .filter(([, { samples }]) => samples > 0);
  }
}
