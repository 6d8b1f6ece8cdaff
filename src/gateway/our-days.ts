// The log's side of a reconciliation: what its attempts came to by day and model. Summed in advance but for hours that are open.
import type { UsageAnswer, UsageFormat, UsageLine } from '../ledger/usage/usage-answer.ts';
import type { UsageQuery } from '../ledger/usage/usage-query.ts';
import type { OurDay, OurDays } from '../reconcile/ours.ts';

/** More models than any provider has. */
const MAX_MODELS = 10_000;

/** What tells usage: the gateway's ledger, or a reader beside it. */
export interface TellsUsage {
  usage(query: UsageQuery, format: UsageFormat, now: number): Promise<string>;
}

export function ourDaysOf(log: TellsUsage, now: () => number): OurDays {
  return async ({ from, to, providers }) => {
    const days: OurDay[] = [];
    for (const provider of providers) {
      const text = await log.usage(question(provider, from, to), 'json', now());
      for (const line of (JSON.parse(text) as UsageAnswer).usage)
        if (line.at !== undefined && line.model)
          days.push(oursOf(line, line.at, line.model, provider));
    }
    return days;
  };
}

function question(provider: string, from: number, to: number): UsageQuery {
  return {
    ...{ from, to, interval: 'day', groupBy: ['model'], of: 'attempts', filter: { provider } },
    ...{ status: undefined, cache: undefined, sort: 'requests', limit: MAX_MODELS },
  };
}

function oursOf(line: UsageLine, at: string, model: string, provider: string): OurDay {
  const { tokens, searches, images, characters, audio_seconds: seconds } = line;
  const { reasoning, ...same } = tokens;
  return {
    ...{ day: at.slice(0, 10), provider, model },
    counts: {
      ...{ ...same, searches, images, characters, seconds },
      // What a provider refused is on nobody's bill.
      requests: line.requests - line.errors,
      output: same.output + reasoning,
    },
    costNano: Math.round((line.cost_usd ?? 0) * 1e9),
    ...{ unpriced: line.unpriced, estimated: line.estimated, aborted: line.aborted },
  };
}
