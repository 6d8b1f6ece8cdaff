// switchyard exports: how exports are doing, and what can be ordered of them. A running gateway sees an order within a second.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { ExportOrders } from '../exports/export-orders.ts';
import type { ExportsByName } from '../exports/exports-by-name.ts';
import { rowDressing } from '../exports/row-dressing.ts';
import { progressOf } from '../exports/shown-export.ts';
import { waitingInSpools } from '../gateway/waiting-in-spools.ts';
import { parseTime } from '../ledger/log-time.ts';
import { openStore } from '../store/open-store.ts';
import { cliActor } from './acting.ts';
import { importOutcomesNow } from './import-outcomes.ts';
import { printable } from './printable.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';
import { exportOrExit, testExport } from './test-export.ts';

const LOOK_MS = 500;
const PERCENT = 100;
const MS = 1000;

const named = {
  ...settingsArgs,
  name: { type: 'positional', description: 'as the configuration names it', required: true },
} as const;

interface Given {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly name?: string | undefined;
}

const list = defineCommand({
  meta: { name: 'list', description: 'What is configured, and what waits or was given up.' },
  args: settingsArgs,
  run: ({ args }) =>
    withOrders(args, (orders, configured, dataDir) => {
      for (const [name, settings] of Object.entries(configured)) {
        const state = orders.isPaused(name) ? 'paused' : 'on';
        const { deadLetters, lost, owedSince } = orders.standing(name);
        const running = orders.backfills(name).filter((one) => one.state === 'running').length;
        const inSpools = waitingInSpools(dataDir, name, rowDressing(settings));
        const waiting = [inSpools, owedSince].filter((at) => at !== null);
        const lagS = waiting.length === 0 ? 0 : (Date.now() - Math.min(...waiting)) / MS;
        say(
          `${name}  ${settings.type}  ${state}  lag ${Math.max(0, Math.round(lagS))} s  ${deadLetters} dead letters  ${lost} lost  ${running} back-fills running`,
        );
      }
      if (Object.keys(configured).length === 0)
        process.stderr.write('No exports are configured: see docs/guides/exports.md.\n');
    }),
});

const pause = defineCommand({
  meta: { name: 'pause', description: 'Send nothing until it is resumed; rows are kept.' },
  args: named,
  run: ({ args }) =>
    withOrders(args, async (orders) => {
      await orders.pause(args.name, true, cliActor());
      say(`${args.name} is paused`);
    }),
});

const resume = defineCommand({
  meta: { name: 'resume', description: 'Go on, with all that was kept.' },
  args: named,
  run: ({ args }) =>
    withOrders(args, async (orders) => {
      await orders.pause(args.name, false, cliActor());
      say(`${args.name} goes on`);
    }),
});

const backfill = defineCommand({
  meta: { name: 'backfill', description: 'Send what the log has of a time, beside live requests.' },
  args: {
    ...named,
    from: {
      type: 'string',
      description: 'when it begins: ISO 8601, or how long ago (7d)',
      required: true,
    },
    to: { type: 'string', description: 'when it ends (default now)' },
    wait: {
      type: 'boolean',
      description: 'show how far it is until it is done (--no-wait: do not)',
      default: true,
    },
  },
  run: ({ args }) =>
    withOrders(args, async (orders) => {
      const now = Date.now();
      const from = timeOf('--from', args.from, now);
      const to = args.to === undefined ? now : Math.min(now, timeOf('--to', args.to, now));
      if (from >= to) exitWith(['--from must be before --to, and in the past.']);
      const { id } = await orders.order(args.name, { from, to }, cliActor());
      say(id);
      if (args.wait) await shownUntilDone(orders, args.name, id);
    }),
});

const test = defineCommand({
  meta: { name: 'test', description: 'Ask the other side, from here, whether it would take rows.' },
  args: named,
  run: ({ args }) => testExport(args),
});

const cancel = defineCommand({
  meta: { name: 'cancel-backfill', description: 'End a back-fill; what was sent stays sent.' },
  args: {
    ...named,
    id: { type: 'positional', description: 'the id of the back-fill', required: true },
  },
  run: ({ args }) =>
    withOrders(args, async (orders) => {
      const cancelled = await orders.cancel(args.name, args.id, cliActor());
      if (cancelled === null) exitWith([`${args.name} has no running back-fill "${args.id}".`]);
      say(`cancelled ${args.id}`);
    }),
});

const letters = defineCommand({
  meta: { name: 'dead-letters', description: 'Rows the other side would not take, and why.' },
  args: named,
  run: ({ args }) =>
    withOrders(args, (orders) => {
      for (const { id, why, at, tries } of orders.letters(args.name, 1000))
        say(`${id}  ${new Date(at).toISOString()}  ${tries}×  ${why}`);
    }),
});

const retry = defineCommand({
  meta: { name: 'retry-dead-letters', description: 'Try all of them again.' },
  args: named,
  run: ({ args }) =>
    withOrders(args, async (orders) => {
      say(`${await orders.retryLetters(args.name, cliActor())} are tried again`);
    }),
});

const importOutcomes = defineCommand({
  meta: { name: 'import-outcomes', description: 'Read back what users did, as outcomes.' },
  args: named,
  run: ({ args }) => importOutcomesNow(args),
});

export const exports = defineCommand({
  meta: {
    name: 'exports',
    description: 'Exports of finished requests: state, back-fill, dead letters.',
  },
  subCommands: {
    list,
    pause,
    resume,
    test,
    backfill,
    'cancel-backfill': cancel,
    'dead-letters': letters,
    'retry-dead-letters': retry,
    'import-outcomes': importOutcomes,
  },
});

async function shownUntilDone(orders: ExportOrders, name: string, id: string): Promise<void> {
  const isShown = process.stderr.isTTY;
  if (isShown)
    process.stderr.write(
      'A running gateway of this data folder does it; Ctrl-C ends only the watching.\n',
    );
  for (;;) {
    const backfill = orders.backfill(name, id);
    if (backfill === null || backfill.state !== 'running') {
      process.stderr.write(
        `${isShown ? '\r' : ''}${backfill?.state ?? 'gone'}: ${backfill?.rows ?? 0} rows\n`,
      );
      if (backfill?.state !== 'done') process.exitCode = 1;
      return;
    }
    const percent = Math.floor(progressOf(backfill) * PERCENT);
    if (isShown) process.stderr.write(`\r${percent} %, ${backfill.rows} rows `);
    await Bun.sleep(LOOK_MS);
  }
}

function timeOf(option: string, text: string, now: number): number {
  const at = parseTime(text, now);
  if (at === null)
    exitWith([
      `${option} must be a time such as 2026-11-22T10:00:00Z, or how long ago, such as 7d.`,
    ]);
  return at;
}

function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

async function withOrders(
  args: Given,
  work: (orders: ExportOrders, configured: ExportsByName, dataDir: string) => Promise<void> | void,
): Promise<void> {
  const { dataDir, config } = await settingsOrExit(args);
  const configured = config.exports ?? {};
  if (args.name !== undefined) exportOrExit(configured, args.name);
  try {
    const store = openStore({ dataDir });
    await work(new ExportOrders(store), configured, dataDir);
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
