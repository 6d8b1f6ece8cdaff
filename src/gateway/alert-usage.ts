// What alerts ask of the log's sums, in the log's words.
import type { UsageReader, UsedHour } from '../alerts/usage-hours.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { UsageAnswer, UsageLine } from '../ledger/usage/usage-answer.ts';
import { parseUsageQuery } from '../ledger/usage/usage-query.ts';

/** Among whom nobody is looked for. */
const MOST_SUBJECTS = 1000;

type Query = { readonly [name: string]: string };

export function alertUsage(ledger: Pick<Ledger, 'usage'>, now: () => number): UsageReader {
  const ask = async (query: Query): Promise<UsageAnswer> => {
    const at = now();
    const asked = parseUsageQuery({ fields: 'requests,errors,cost_usd', ...query }, at);
    return JSON.parse(await ledger.usage(asked, 'json', at)) as UsageAnswer;
  };
  const within = (from: number, to: number) => ({ from: String(from), to: String(to) });
  return {
    async hours(from, to) {
      const { usage } = await ask({ ...within(from, to), interval: 'hour' });
      return usage.map(usedHour).filter(isUsed);
    },
    async of(kind, name, { from, to, interval }) {
      const { usage } = await ask({ ...within(from, to), interval, [kind]: name });
      return usage.map(usedHour).filter(isUsed);
    },
    async total(kind, from, to) {
      const { totals, groups, usage } = await ask({
        ...within(from, to),
        ...{ group_by: kind, limit: String(MOST_SUBJECTS), sort: 'requests' },
      });
      // Requests of nobody in particular are a group of their own, too, and often the largest.
      const nobody = usage.find((line) => line[kind] === null);
      if (nobody === undefined)
        return { requests: totals.requests, usd: totals.cost_usd, subjects: groups };
      return {
        requests: totals.requests - nobody.requests,
        usd: totals.cost_usd === null ? null : totals.cost_usd - (nobody.cost_usd ?? 0),
        subjects: groups - 1,
      };
    },
  };
}

function usedHour({ at = '', requests, errors, cost_usd }: UsageLine): UsedHour {
  return { at: Date.parse(at), requests, errors, usd: cost_usd };
}

/** A series has a line for each hour, those before the first request as well. */
function isUsed({ requests }: UsedHour): boolean {
  return requests > 0;
}
