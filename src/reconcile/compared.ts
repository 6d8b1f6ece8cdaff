// One figure on both sides: what the log says, what the bill says, and whether that is the same.

export interface Compared {
  readonly log: number | null;
  readonly bill: number | null;
  /** The log's less the bill's; null where a side does not say. */
  readonly difference: number | null;
  /** Of the bill's; null also where that is 0 and the log's is not. */
  readonly percent: number | null;
}

/** A difference of at most this is none: vendors round each item. In billionths of a dollar. */
const CENT_NANO = 10_000_000;

export function compared(log: number | null, bill: number | null): Compared {
  const difference = log === null || bill === null ? null : log - bill;
  return { log, bill, difference, percent: percentOf(difference, bill) };
}

function percentOf(difference: number | null, bill: number | null): number | null {
  if (difference === null || bill === null) return null;
  if (difference === 0) return 0;
  return bill === 0 ? null : (difference / Math.abs(bill)) * 100;
}

/** @param tolerance in percent. What the bill does not tell is not compared; what only the log does not tell is missing there. */
export function isOff({ log, bill, difference }: Compared, tolerance: number): boolean {
  if (bill === null) return false;
  if (log === null || difference === null) return bill !== 0;
  return Math.abs(difference) * 100 > tolerance * Math.max(Math.abs(bill), Math.abs(log));
}

export function isCostOff(cost: Compared, tolerance: number): boolean {
  const { log, bill, difference } = cost;
  const cents = difference ?? (log === null ? bill : 0) ?? 0;
  return Math.abs(cents) > CENT_NANO && isOff(cost, tolerance);
}
