// PointSet: one metric's points by their attributes: so many and no more, the rest as one that says so, as OpenTelemetry's SDKs do
// (https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits).
import type { HistogramState } from './otlp-encoding.ts';
import type { Attributes } from './spans.ts';

export const MAX_POINTS = 2000;
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

interface Point {
  readonly attributes: Attributes;
  readonly counts: number[];
  sum: number;
  count: number;
  min: number;
  max: number;
}

export class PointSet {
  readonly #bounds: readonly number[];
  readonly #points = new Map<string, Point>();

  /** @param bounds each bucket's highest value, rising; null: only the sum is of interest */
  constructor(bounds: readonly number[] | null) {
    this.#bounds = bounds ?? [];
  }

  /** @param attributes with their names in the same order each time */
  observe(attributes: Attributes, value: number): void {
    const point = this.#pointOf(attributes);
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket++;
    point.counts[bucket] = (point.counts[bucket] ?? 0) + 1;
    point.sum += value;
    point.count += 1;
    point.min = Math.min(point.min, value);
    point.max = Math.max(point.max, value);
  }

  histograms(): { readonly attributes: Attributes; readonly histogram: HistogramState }[] {
    return [...this.#points.values()].map(({ attributes, counts, ...figures }) => ({
      attributes,
      histogram: { bounds: this.#bounds, counts, ...figures },
    }));
  }

  /** @param unit what the sum is divided by */
  sums(unit: number): { readonly attributes: Attributes; readonly sum: number }[] {
    return [...this.#points.values()].map(({ attributes, sum }) => ({
      attributes,
      sum: sum / unit,
    }));
  }

  #pointOf(attributes: Attributes): Point {
    const key = JSON.stringify(attributes);
    const known = this.#points.get(key);
    if (known !== undefined) return known;
    // The last place is for all the others.
    if (this.#points.size >= MAX_POINTS - 1 && attributes !== OVERFLOW)
      return this.#pointOf(OVERFLOW);
    const counts = new Array<number>(this.#bounds.length + 1).fill(0);
    const made = { attributes, counts, sum: 0, count: 0, min: Infinity, max: -Infinity };
    this.#points.set(key, made);
    return made;
  }
}
