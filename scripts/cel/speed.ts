// What conditions cost: ten typical ones, on a request that has everything they ask for and on one that has nothing.
import type { Subject } from './subjects.ts';

const TYPICAL: readonly string[] = [
  'tier == "premium"',
  'plan == "free"',
  'region == "eu"',
  'country != "de"',
  'language == "es"',
  'tier in ["basic", "premium", "trial"]',
  'user.startsWith("vip_")',
  'age > 17',
  'has(metadata.plan)',
  'tier == "premium" && plan == "free" && age >= 18',
];

const EVERYTHING = {
  ...{ tier: 'premium', plan: 'free', region: 'us', country: 'fr', language: 'es', age: 20 },
  user: 'vip_1',
  metadata: { plan: 'free' },
};
const NOTHING = { user: 'someone', metadata: {} };

/** Microseconds for all ten, the median of nine rounds. */
export function costOf(subject: Subject): { readonly given: number; readonly missing: number } {
  const conditions = TYPICAL.map((expression) => subject.prepare(expression));
  const once = (variables: Readonly<Record<string, unknown>>): void => {
    for (const condition of conditions) {
      try {
        condition(variables);
      } catch {
        // a name that is missing is an exception to one of them
      }
    }
  };
  return { given: median(() => once(EVERYTHING)), missing: median(() => once(NOTHING)) };
}

/** Two patterns that read the whole text, microseconds each. */
export function patternCostOf(subject: Subject, chars: number): readonly number[] {
  const t = 'Could you help with an order? Nothing else, thank you. '
    .repeat(chars / 55 + 1)
    .slice(0, chars);
  return ['(i|o)n(v|w)oice *#?[0-9]{4,8}', '[a-z]+ (help|refund) (me|us)'].map((pattern) => {
    const matches = subject.prepare(`t.matches("${pattern}")`);
    return median(() => void matches({ t }), 20);
  });
}

function median(work: () => void, turns = 10_000): number {
  const rounds: number[] = [];
  for (let round = 0; round < 10; round++) {
    const start = Bun.nanoseconds();
    for (let turn = 0; turn < turns; turn++) work();
    rounds.push((Bun.nanoseconds() - start) / turns / 1000);
  }
  // the first warms up
  return rounds.slice(1).sort((a, b) => a - b)[4] ?? 0;
}
