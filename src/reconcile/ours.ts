// Our side of a comparison: what the log's attempts at one model came to on one day.
import type { Counts } from './counts.ts';

/** Attempts that a provider answered or that used something; those it refused are on nobody's bill. */
export interface OurDay {
  readonly day: string;
  /** The provider of the configuration. */
  readonly provider: string;
  /** `provider/model`, as the log has it. */
  readonly model: string;
  readonly counts: Counts;
  /** Of the attempts whose price is known. */
  readonly costNano: number;
  /** How many attempts have no cost because a price is not known. */
  readonly unpriced: number;
  /** How many are of requests with a count that is our estimate. */
  readonly estimated: number;
  /** How many are of requests whose caller hung up or whose answer was cut. */
  readonly aborted: number;
}

/** @param from Unix milliseconds, `to` not in it */
export type OurDays = (stretch: {
  readonly from: number;
  readonly to: number;
  /** Providers of the configuration. */
  readonly providers: readonly string[];
}) => Promise<readonly OurDay[]>;
