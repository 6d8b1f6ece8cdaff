// What a comparison of the log with a bill comes to: its lines and their verdicts.
import type { BilledPart, Statement, Vendor } from './billed.ts';
import type { Compared } from './compared.ts';
import type { CountName } from './counts.ts';

/**
 * `match`      every figure the bill tells is the log's
 * `drift`      one of them is not
 * `only_bill`  the log has nothing of it
 * `only_log`   the bill has nothing of it
 * `incomplete` the day is not over, or the vendor's figures of it may not have been all there when they were asked for
 */
export type Verdict = 'match' | 'drift' | 'only_bill' | 'only_log' | 'incomplete';
export const VERDICTS: readonly Verdict[] = [
  'match',
  'drift',
  'only_bill',
  'only_log',
  'incomplete',
];

/** Something that accounts for a difference, or may. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

export interface Line {
  readonly day: string;
  readonly provider: Vendor;
  /** As the bill calls it, else the log. `*`: all together, where the bill tells no models apart. */
  readonly model: string;
  /** `provider/model` in the log; the vendor's names in the bill. Several: they cannot be told apart. */
  readonly names: { readonly log: readonly string[]; readonly bill: readonly string[] };
  readonly verdict: Verdict;
  readonly counts: { readonly [Name in CountName]: Compared };
  /** In billionths of a dollar. */
  readonly cost: Compared;
  readonly reasons: readonly Reason[];
  readonly statements: readonly Statement[];
  readonly parts: readonly BilledPart[];
}

export interface Comparison {
  readonly lines: readonly Line[];
  /** Of the days asked for: those no imported bill tells of. They are not compared. */
  readonly unbilledDays: readonly string[];
  readonly cost: Compared;
}
