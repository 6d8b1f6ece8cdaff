// switchyard alerts: what goes on and what was; a test of a channel. Works beside a running gateway and without one.
import { defineCommand } from 'citty';
import { listAlerts } from '../alerts/alert-rows.ts';
import { alertSettings } from '../alerts/alert-settings.ts';
import { Alerts } from '../alerts/alerts.ts';
import { shownAlert } from '../alerts/shown-alert.ts';
import { WatchedExchanges } from '../alerts/watched-exchanges.ts';
import { type AlertRecord, RULES, SEVERITIES } from '../core/alert.ts';
import { GatewayError } from '../core/errors.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { cliActor } from './acting.ts';
import { printable, printableJson } from './printable.ts';
import { exitWith, needsData, type Settings, settingsArgs, settingsOrExit } from './settings.ts';

const list = defineCommand({
  meta: { name: 'list', description: 'List alerts, newest first.' },
  args: {
    ...settingsArgs,
    all: { type: 'boolean', description: 'also those that are over' },
    rule: {
      type: 'enum',
      options: [...RULES],
      description: `only of this rule: ${RULES.join(', ')}`,
    },
    severity: { type: 'enum', options: [...SEVERITIES], description: 'only of this severity' },
    limit: { type: 'string', description: 'how many (default 50)' },
    json: { type: 'boolean', description: 'one JSON object a line, as the API shows it' },
  },
  run: ({ args }) =>
    withStore(args, (store) => {
      const limit = Number(args.limit ?? 50);
      if (!Number.isInteger(limit) || limit < 1)
        exitWith([`--limit must be a whole number from 1, not "${args.limit}".`]);
      const found = listAlerts(store.sqlite, {
        state: args.all === true ? 'all' : 'active',
        rule: RULES.find((rule) => rule === args.rule),
        severity: SEVERITIES.find((severity) => severity === args.severity),
        limit,
      });
      for (const alert of found)
        process.stdout.write(
          `${args.json === true ? printableJson(shownAlert(alert)) : printable(lineOf(alert))}\n`,
        );
      if (found.length === 0)
        process.stderr.write(args.all === true ? 'No alerts yet.\n' : 'Nothing goes on.\n');
    }),
});

const test = defineCommand({
  meta: { name: 'test', description: 'Send a test message to a channel of the configuration.' },
  args: {
    ...settingsArgs,
    channel: { type: 'positional', description: 'its name', required: true },
  },
  run: ({ args }) =>
    withStore(args, async (store, { config }) => {
      const settings = alertSettings(config.alerts);
      const alerts = new Alerts({
        ...{ store, rules: [], settings: () => settings, now: Date.now, byItself: false },
        watched: new WatchedExchanges(Date.now),
        log: () => {},
      });
      const sent = await alerts.test(args.channel, cliActor());
      if (sent === null) {
        const known = [...settings.channels.keys()].join(', ') || 'none';
        exitWith([`There is no channel "${args.channel}" under alerts.channels: ${known}.`]);
      }
      if (!sent.ok) exitWith([`${args.channel}: not delivered. ${printable(sent.problem)}`]);
      process.stdout.write(
        `${args.channel}: delivered in ${sent.tookMs} ms (${printable(sent.detail)})\n`,
      );
    }),
});

export const alerts = defineCommand({
  meta: { name: 'alerts', description: 'List alerts, and test the channels that tell of them.' },
  subCommands: { list, test },
});

function lineOf(alert: AlertRecord): string {
  const { severity, startedAt, resolvedAt, switchedOff, rule, title, id } = alert;
  const how = switchedOff ? ' (switched off)' : '';
  const until =
    resolvedAt === null ? 'goes on' : `until ${new Date(resolvedAt).toISOString()}${how}`;
  return `${new Date(startedAt).toISOString()}  ${severity.padEnd(8)}  ${rule}  ${title}  ${until}  ${id}`;
}

async function withStore(
  args: { readonly config?: string | undefined; readonly data?: string | undefined },
  work: (store: Store, settings: Settings) => Promise<void> | void,
): Promise<void> {
  const settings = await settingsOrExit(args);
  needsData(args, settings);
  try {
    const store = openStore({ dataDir: settings.dataDir });
    await work(store, settings);
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
