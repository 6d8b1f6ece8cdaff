// switchyard logs: the last requests, or one row whole. Works beside a running gateway and without one.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { parseLogFilter } from '../ledger/log-filter.ts';
import { logPlace } from '../ledger/log-place.ts';
import type { LogRow } from '../ledger/log-row.ts';
import { openLogReader } from '../ledger/open-ledger.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

export const logs = defineCommand({
  meta: { name: 'logs', description: 'List the last requests, or print one row whole.' },
  args: {
    ...settingsArgs,
    id: { type: 'positional', description: 'a generation id: print that row', required: false },
    limit: { ...text('how many rows'), default: '20' },
    model: text('only this model'),
    provider: text('only this provider'),
    user: text('only this user'),
    key: text('only this key id'),
    status: text('a status, a class such as 5xx, or ok, error, aborted'),
    from: text('arrived at or after this time'),
    to: text('arrived before this time'),
    json: { type: 'boolean', description: 'one JSON object a line' },
  },
  async run({ args }) {
    const { dataDir } = await settingsOrExit(args);
    try {
      const reader = openLogReader({
        dataDir,
        place: logPlace(process.env.DATABASE_URL, dataDir),
      });
      if (args.id) {
        const row = await reader.get(args.id);
        if (row === null) exitWith([`There is no log row "${args.id}".`]);
        process.stdout.write(`${JSON.stringify(row, null, 2)}\n`);
      } else {
        const { limit, model, provider, user, key, status, from, to } = args;
        const page = await reader.list(
          parseLogFilter({ limit, model, provider, user, key, status, from, to }),
        );
        for (const row of page.logs)
          process.stdout.write(`${args.json ? JSON.stringify(row) : line(row)}\n`);
        if (page.logs.length === 0) process.stderr.write('No requests yet.\n');
      }
      await reader.close();
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([thrown.message]);
      throw thrown;
    }
  },
});

function line(row: LogRow): string {
  const { usage } = row;
  const tokens = `${sum([usage.input, usage.cache_read, usage.cache_write_5m, usage.cache_write_1h])}→${sum([usage.output, usage.reasoning])} tokens`;
  const cost = row.cost_usd === null ? 'cost unknown' : `$${row.cost_usd.toFixed(6)}`;
  const ttft = row.ttft_ms === null ? '' : ` (first token ${Math.round(row.ttft_ms)} ms)`;
  const what = row.model ?? `${row.requested_model} ${row.error?.code ?? ''}`;
  return `${row.at}  ${row.status}  ${what}${row.simulated ? ' (simulated)' : ''}  ${tokens}  ${cost}  ${Math.round(row.total_ms)} ms${ttft}  ${row.id}`;
}

function sum(counts: readonly (number | null)[]): string {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? '?' : String(known.reduce((total, count) => total + count, 0));
}
