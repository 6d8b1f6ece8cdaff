// switchyard logs: the last requests, those that come, all as a file, or the story of one. Works beside a running gateway and without one.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { itemized } from '../gateway/itemized-row.ts';
import { parseExportFilter, parseLogFilter, parseTailFilter } from '../ledger/log-filter.ts';
import { logPlace } from '../ledger/log-place.ts';
import type { LogReader } from '../ledger/log-reader.ts';
import { openLogReader } from '../ledger/open-ledger.ts';
import { auditCommand } from './acting.ts';
import { exportLog, formatOf } from './export-log.ts';
import { followLog, type Query } from './follow-log.ts';
import { logLine } from './log-line.ts';
import { logStory } from './log-story.ts';
import { printBodies } from './logged-bodies.ts';
import { printable, printableJson } from './printable.ts';
import { exitWith, needsData, type Settings, settingsArgs, settingsOrExit } from './settings.ts';

const text = (description: string) => ({ type: 'string', description }) as const;
const flag = (description: string) => ({ type: 'boolean', description }) as const;

const TEXT_FILTERS = {
  model: text('only what this model answered or was asked for'),
  'requested-model': text('only what was asked for by this name'),
  provider: text('only this provider'),
  tried: text('only where this provider or provider/model was tried; needs --from'),
  user: text('only this user'),
  key: text('only this key id'),
  router: text('only this router'),
  route: text('only this route'),
  variant: text('only this variant'),
  endpoint: text('only this endpoint: chat.completions, messages, embeddings, …'),
  status: text('a status, a class such as 5xx, or ok, error, aborted'),
  error: text('only this error code'),
  cache: text('hit (any), miss (none), exact, semantic or shared'),
  trace: text('only this trace id'),
  'min-cost-usd': text('cost at least so many dollars'),
  'min-total-ms': text('took at least so many milliseconds'),
} as const;
const FLAG_FILTERS = {
  unpriced: flag('only with something whose price is not known'),
  estimated: flag('only with counts that are estimates'),
  resumed: flag('only what went on after a break'),
} as const;

export const logs = defineCommand({
  meta: {
    name: 'logs',
    description: 'List the last requests, follow those that come, or tell the story of one.',
  },
  args: {
    ...settingsArgs,
    id: { type: 'positional', description: 'a generation id: tell its story', required: false },
    limit: text('how many rows (default 20; of an export: all)'),
    ...TEXT_FILTERS,
    ...FLAG_FILTERS,
    from: text('arrived at or after this time, such as 2026-11-22T10:00 or 24h (ago)'),
    to: text('arrived before this time'),
    follow: flag('go on with each request as it ends'),
    host: text('with --follow: where the gateway listens (as of serve)'),
    port: text('with --follow: where the gateway listens (as of serve)'),
    export: text('write all rows to this file: its name ends in .csv or .ndjson'),
    json: flag('one JSON object a line; of one request, the whole row'),
    bodies: flag('with an id: what was kept of its request and reply'),
  },
  async run({ args }) {
    const settings = await settingsOrExit(args);
    needsData(args, settings);
    const { dataDir, config } = settings;
    try {
      if (args.bodies) {
        if (!args.id) exitWith(['--bodies needs the id of a request: switchyard logs ID --bodies']);
        await printBodies(args.id, { dataDir, config });
        return;
      }
      const asked = { query: queryOf(args), json: args.json === true };
      if (args.follow) await follow(settings, asked, args);
      else {
        const reader = openReader(dataDir);
        if (args.id) await tell(reader, args.id, asked.json);
        else if (args.export) await write({ reader, dataDir }, asked.query, args, args.export);
        else await list(reader, asked, args);
        await reader.close();
      }
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([thrown.message]);
      throw thrown;
    }
  },
});

interface Asked {
  readonly query: Query;
  readonly json: boolean;
}

interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: string | undefined;
}

function openReader(dataDir: string): LogReader {
  return openLogReader({ dataDir, place: logPlace(process.env.DATABASE_URL, dataDir) });
}

/** Options are the API's parameters, written as options are. */
function queryOf(args: { readonly [name: string]: unknown }): Query {
  const query: { [name: string]: string } = {};
  for (const name of Object.keys(TEXT_FILTERS)) {
    const given = args[name];
    if (typeof given === 'string') query[name.replaceAll('-', '_')] = given;
  }
  for (const name of Object.keys(FLAG_FILTERS)) if (args[name] === true) query[name] = 'true';
  return query;
}

async function tell(reader: LogReader, id: string, json: boolean): Promise<void> {
  const row = await reader.get(id);
  if (row === null) exitWith([`There is no log row "${id}".`]);
  const whole = await itemized(reader, row);
  process.stdout.write(json ? `${printableJson(whole, 2)}\n` : logStory(printable(whole)));
}

async function list(reader: LogReader, { query, json }: Asked, range: Range): Promise<void> {
  const { from, to, limit = '20' } = range;
  const page = await reader.list(parseLogFilter({ ...query, from, to, limit }));
  for (const row of page.logs)
    process.stdout.write(`${json ? printableJson(row) : logLine(printable(row))}\n`);
  if (page.logs.length === 0) process.stderr.write('No such requests yet.\n');
}

async function write(
  { reader, dataDir }: { readonly reader: LogReader; readonly dataDir: string },
  query: Query,
  range: Range,
  file: string,
): Promise<void> {
  const format = formatOf(file);
  if (format === null)
    exitWith([`--export needs a file whose name ends in .csv or .ndjson, not "${file}".`]);
  const { from, to, limit } = range;
  const asked = { ...query, from, to, limit };
  const filter = parseExportFilter(asked);
  const after = { format, ...JSON.parse(JSON.stringify(asked)) };
  await auditCommand(dataDir, { action: 'logs.export', target: 'logs', before: null, after });
  await exportLog(reader, filter, file, format);
}

async function follow(settings: Settings, { query, json }: Asked, range: Range): Promise<void> {
  for (const name of ['from', 'to', 'limit'] as const)
    if (range[name] !== undefined) exitWith([`--${name} has no meaning with --follow.`]);
  parseTailFilter(query);
  for await (const one of followLog(settings, query, () => openReader(settings.dataDir)))
    if (one.kind === 'note') process.stderr.write(`${one.text}\n`);
    else process.stdout.write(`${json ? printableJson(one.row) : logLine(printable(one.row))}\n`);
}
