// Unpriced: a model answered whose price nobody knows, so its cost is in no sum and no budget.
import type { Rule } from '../finding.ts';
import { count, named } from '../told-figures.ts';
import type { WatchedExchanges } from '../watched-exchanges.ts';

export function unpricedRule(watched: Pick<WatchedExchanges, 'takeUnpriced'>): Rule {
  return {
    name: 'unpriced',
    everyMs: 5_000,
    // It is over when nobody has used it for a day.
    lingerMs: 24 * 3_600_000,
    look: () =>
      watched.takeUnpriced().map(({ model, requests, firstAt }) => ({
        subject: `model:${model}`,
        severity: 'warning',
        title: `No price is known for ${named(model)}: what it costs is in no sum and no budget`,
        facts: { model: named(model), 'requests just now': count(requests) },
        todo: 'Give it a price under models: in the configuration; its tokens are kept in the log.',
        see: `/router/v1/logs?unpriced=true&model=${encodeURIComponent(model)}`,
        once: true,
        since: firstAt,
      })),
  };
}
