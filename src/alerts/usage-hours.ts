// What rules ask of the log's sums, and how they find what is usual in them.

/** What requests of one hour (or day) came to. */
export interface UsedHour {
  /** Its first millisecond. */
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  /** Null: nothing of it has a known price. */
  readonly usd: number | null;
}

/** What one subject, or everybody together, came to over some time. */
export interface UsedTotal {
  readonly requests: number;
  readonly usd: number | null;
  /** How many subjects. */
  readonly subjects: number;
}

/** The log's sums. Each rejects where the log cannot be read. */
export interface UsageReader {
  /** Those with requests, oldest first. */
  hours(from: number, to: number): Promise<readonly UsedHour[]>;
  /** The same of one subject, by hour or by day. */
  of(
    kind: 'user' | 'key',
    name: string,
    stretch: { readonly from: number; readonly to: number; readonly interval: 'hour' | 'day' },
  ): Promise<readonly UsedHour[]>;
  /** All users or keys together. */
  total(kind: 'user' | 'key', from: number, to: number): Promise<UsedTotal>;
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** The nearest rank: of few values the highest. */
export function percentile95(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null;
}
