// switchyard usage: what requests came to, by time and by what they have in common. Works beside a running gateway and without one.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { logPlace } from '../ledger/log-place.ts';
import { openLogReader } from '../ledger/open-ledger.ts';
import type { UsageAnswer } from '../ledger/usage/usage-answer.ts';
import { parseUsageQuery } from '../ledger/usage/usage-query.ts';
import { printable, printableCsv, safeJson } from './printable.ts';
import { exitWith, needsData, settingsArgs, settingsOrExit } from './settings.ts';
import { usageTable } from './usage-table.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

export const usage = defineCommand({
  meta: { name: 'usage', description: 'Sum up requests, tokens, cost and latency.' },
  args: {
    ...settingsArgs,
    'group-by': text(
      'model, provider, user, key, router, route, variant, endpoint; several with commas',
    ),
    from: text('since when: a time, or how long ago such as 7d (default 24h)'),
    to: text('until when (default now)'),
    interval: text('a line for each hour, day, week or month'),
    of: text('requests (default), or attempts: each under the model it asked, whoever answered'),
    model: text('only what this model answered'),
    provider: text('only what this provider answered'),
    user: text('only this user'),
    key: text('only this key id'),
    router: text('only this router'),
    route: text('only this route'),
    variant: text('only this variant'),
    endpoint: text('only this endpoint'),
    status: text('a status, a class such as 5xx, or ok, error, aborted'),
    cache: text('hit (any), miss (none), exact, semantic or shared'),
    sort: text('cost (default), requests, errors, tokens, ttft or total'),
    limit: text('how many groups; the rest is summed up as one'),
    json: { type: 'boolean', description: 'the answer of the API' },
    csv: { type: 'boolean', description: 'comma-separated values' },
  },
  async run({ args }) {
    const { dataDir } = await settingsOrExit(args);
    needsData(args, { dataDir });
    const { from, to, interval, of, model, provider, user, key, router, route } = args;
    const { variant, endpoint, status, cache, sort, limit, 'group-by': group_by } = args;
    const filters = { model, provider, user, key, router, route, variant, endpoint, status, cache };
    try {
      const now = Date.now();
      const query = parseUsageQuery(
        { from, to, interval, group_by, of, ...filters, sort, limit },
        now,
      );
      const reader = openLogReader({ dataDir, place: logPlace(process.env.DATABASE_URL, dataDir) });
      const told = await reader.usage(query, args.csv ? 'csv' : 'json', now);
      if (args.csv) process.stdout.write(printableCsv(told));
      else if (args.json) process.stdout.write(`${safeJson(told)}\n`);
      else process.stdout.write(`${usageTable(printable(JSON.parse(told) as UsageAnswer))}\n`);
      await reader.close();
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([thrown.message]);
      throw thrown;
    }
  },
});
