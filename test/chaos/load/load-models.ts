// What the load run asks for, by name: the flaky provider's model with each fault or none, and the steady one's.
import { TOKENS } from '../question.ts';

const GAP_MS = 25;
const GOOD = `tokens=${TOKENS}+gap=${GAP_MS}`;

/** At once, by silence, within. */
export const FAILS: readonly string[] = ['status=503', 'stall-headers', 'cut=25'];

export const flakyModel = (fault: string | undefined): string =>
  `flaky/echo+${GOOD}${fault === undefined ? '' : `+${fault}`}`;

export const STEADY_MODEL = `steady/echo+${GOOD}`;

/** All of them with a price, for the configuration: sums of nothing would always be right. */
export const PRICED_MODELS: readonly string[] = [
  ...[undefined, ...FAILS].map((fault) => priced(flakyModel(fault), 1, 2)),
  priced(STEADY_MODEL, 3, 15),
];

function priced(id: string, input: number, output: number): string {
  return `  - { id: "${id}", price: { input: ${input}, output: ${output} } }`;
}
