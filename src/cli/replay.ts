// switchyard replay: what a draft router would have changed of the requests in the log. Works beside a running gateway and without one.
import { defineCommand } from 'citty';
import { parse, YAMLParseError } from 'yaml';
import { compileDraft } from '../admin/draft.ts';
import { GatewayError } from '../core/errors.ts';
import { DEFAULT_REPLAYED, MAX_REPLAYED, replay as replayed } from '../gateway/replay.ts';
import { parseLogFilter } from '../ledger/log-filter.ts';
import { logPlace } from '../ledger/log-place.ts';
import { openLogReader } from '../ledger/open-ledger.ts';
import type { CompiledRouter } from '../routing/compile.ts';
import { printable, printableJson } from './printable.ts';
import { replayTable } from './replay-table.ts';
import { exitWith, needsData, settingsArgs, settingsOrExit } from './settings.ts';
import { snapshotFor } from './snapshot-for.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const text = (description: string) => ({ type: 'string', description }) as const;

export const replay = defineCommand({
  meta: {
    name: 'replay',
    description: 'Print what a draft router would have changed of the requests in the log.',
  },
  args: {
    ...settingsArgs,
    router: { ...text('the router'), required: true },
    draft: text('a file with the draft, YAML or JSON; else the router as it is saved'),
    from: text('arrived at or after this time; default: a day before the end'),
    to: text('arrived before this time; default: now'),
    limit: {
      ...text(`the newest so many, at most ${MAX_REPLAYED}`),
      default: `${DEFAULT_REPLAYED}`,
    },
    all: { type: 'boolean', description: 'every chat request, as if it had named the router' },
    json: { type: 'boolean', description: 'the whole report, as the API answers it' },
  },
  async run({ args }) {
    const settings = await settingsOrExit(args);
    needsData(args, settings);
    const limit = Number(args.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_REPLAYED)
      exitWith([`--limit must be a whole number from 1 to ${MAX_REPLAYED}.`]);
    const id = args.router.replace(/^routers?\//, '');
    try {
      const snapshot = await snapshotFor(settings);
      const router =
        args.draft === undefined
          ? saved(id, snapshot.routers)
          : compileDraft(await draftIn(args.draft), id);
      const given = parseLogFilter({ from: args.from, to: args.to });
      const to = given.to ?? Date.now() + 1;
      const from = given.from ?? to - DAY_MS;
      if (from >= to) exitWith(['--from must be before --to.']);
      const ledger = openLogReader({
        dataDir: settings.dataDir,
        place: logPlace(process.env.DATABASE_URL, settings.dataDir),
      });
      const asked = { router, from, to, limit, all: args.all === true };
      const report = await replayed(asked, { ledger, snapshot });
      await ledger.close();
      const what = `Router "${id}"${args.draft === undefined ? '' : ` as in ${args.draft}`}`;
      process.stdout.write(
        args.json ? `${printableJson(report, 2)}\n` : replayTable(printable(report), what),
      );
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([thrown.message]);
      throw thrown;
    }
  },
});

function saved(id: string, routers: ReadonlyMap<string, CompiledRouter>): CompiledRouter {
  const router = routers.get(id);
  if (router) return router;
  const names = [...routers.keys()].slice(0, 10).join(', ');
  exitWith([
    `There is no router "${id}". ${names === '' ? 'There are none yet.' : `There are: ${names}.`}`,
  ]);
}

async function draftIn(file: string): Promise<unknown> {
  const source = Bun.file(file);
  if (!(await source.exists())) exitWith([`There is no file ${file}.`]);
  try {
    return parse(await source.text());
  } catch (thrown) {
    if (!(thrown instanceof YAMLParseError)) throw thrown;
    const line = thrown.linePos?.[0].line;
    exitWith([`${file}${line === undefined ? '' : `:${line}`}: it is neither YAML nor JSON.`]);
  }
}
