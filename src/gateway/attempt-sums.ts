// What a request's attempts come to together: its cost, its usage, what of cut answers was delivered.
import type { AttemptOutcome } from '../core/exchange.ts';
import { hasUnits, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';

/** The attempts' costs together; null when one of them is unknown. */
export function sumCost(attempts: readonly AttemptOutcome[]): number | null {
  let total = 0;
  for (const attempt of attempts) {
    if (attempt.costNano === null) return null;
    total += attempt.costNano;
  }
  return attempts.length === 0 ? 0 : total;
}

/** What prompt caches took off the cost of all of them; null when that of one is unknown, undefined where none had a part in it. */
export function sumPromptCache(attempts: readonly AttemptOutcome[]): number | null | undefined {
  let total: number | undefined;
  for (const { promptCacheNano } of attempts) {
    if (promptCacheNano === null) return null;
    if (promptCacheNano !== undefined) total = (total ?? 0) + promptCacheNano;
  }
  return total;
}

/** What the caller got of the attempts that were cut; null where none was. */
export function sumDelivered(attempts: readonly AttemptOutcome[]): number | null {
  let total: number | null = null;
  for (const { deliveredTokens } of attempts)
    if (deliveredTokens !== undefined) total = (total ?? 0) + deliveredTokens;
  return total;
}

/** The attempts' usage together, kind by kind. */
export function sumUsage(attempts: readonly Pick<AttemptOutcome, 'usage'>[]): Usage {
  let total: Usage = UNKNOWN_USAGE;
  for (const { usage } of attempts) {
    const tokens: Usage = {
      input: plus(total.input, usage.input),
      cacheRead: plus(total.cacheRead, usage.cacheRead),
      cacheWrite5m: plus(total.cacheWrite5m, usage.cacheWrite5m),
      cacheWrite1h: plus(total.cacheWrite1h, usage.cacheWrite1h),
      output: plus(total.output, usage.output),
      reasoning: plus(total.reasoning, usage.reasoning),
      audioIn: plus(total.audioIn, usage.audioIn),
      audioOut: plus(total.audioOut, usage.audioOut),
      searches: plus(total.searches, usage.searches),
    };
    total = hasUnits(total) || hasUnits(usage) ? { ...tokens, ...units(total, usage) } : tokens;
  }
  return total;
}

/** What is not counted in tokens: there where one of the attempts has some. */
function units(a: Usage, b: Usage): Pick<Usage, 'images' | 'characters' | 'seconds'> {
  const images = plus(a.images ?? null, b.images ?? null);
  const characters = plus(a.characters ?? null, b.characters ?? null);
  const seconds = plus(a.seconds ?? null, b.seconds ?? null);
  return {
    ...(images === null ? {} : { images }),
    ...(characters === null ? {} : { characters }),
    ...(seconds === null ? {} : { seconds }),
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}
