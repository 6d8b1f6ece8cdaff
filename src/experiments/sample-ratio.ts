// Sample-ratio mismatch: do as many users meet each variant as its weight says? Where they do not, something beside the
// weights decides who is counted, and no other figure of the experiment can be trusted.
//
// The sequential multinomial test of M. Lindon and A. Malek, "Anytime-Valid Inference For Multinomial Count Data",
// NeurIPS 2022 (arXiv:2011.03567): the Bayes factor of a Dirichlet prior, centred on the weights, against the weights
// themselves. It is a martingale while the weights hold, so it reaches 1/p with probability p at most (Ville), however
// often it is looked at.
import { logGamma } from '../lib/log-gamma.ts';

/** As many users' worth of belief in the weights: most sensitive to shares that are off by about 1.5 points of 50. */
const CONCENTRATION = 1000;
/** A sequential p-value below this is a warning: of experiments without a fault, at most one in a hundred ever shows it. */
export const MISMATCH_BELOW = 0.01;

export interface Share {
  /** Users first met under these weights. */
  readonly users: number;
  /** Of any unit; their sum is the whole. */
  readonly weight: number;
}

/** The sequential p-value; null where there is nothing to compare. */
export function sampleRatioP(shares: readonly Share[]): number | null {
  const whole = shares.reduce((sum, { weight }) => sum + weight, 0);
  const users = shares.reduce((sum, share) => sum + share.users, 0);
  const drawn = shares.filter(({ weight }) => weight > 0);
  if (users === 0 || whole <= 0) return null;
  // A weight of nothing meets nobody.
  if (shares.some((share) => share.weight === 0 && share.users > 0)) return 0;
  if (drawn.length < 2) return null;
  let logFactor = logGamma(CONCENTRATION) - logGamma(CONCENTRATION + users);
  for (const share of drawn) {
    const expected = share.weight / whole;
    const belief = CONCENTRATION * expected;
    logFactor += logGamma(belief + share.users) - logGamma(belief);
    logFactor -= share.users * Math.log(expected);
  }
  return Math.min(1, Math.exp(-logFactor));
}
