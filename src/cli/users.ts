// switchyard users: what single users may spend and how fast they may ask. A running gateway sees the change within a second.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { NO_LIMITS } from '../core/limits.ts';
import { readUserLimits } from '../limits/keys/key-input.ts';
import { openUserLimits, shownUser, type UserLimits } from '../limits/keys/user-limits.ts';
import { anywhereMeters, callerMeters } from '../limits/meters/caller-meters.ts';
import { openStore } from '../store/open-store.ts';
import { cliActor } from './acting.ts';
import { limitWords, userTable } from './key-table.ts';
import { limitFieldsOf, limitFlags } from './limit-flags.ts';
import { printable, printableJson } from './printable.ts';
import { refuseRepeated } from './refuse-repeated.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';
import { SpentBudgets } from './spent-budgets.ts';

const user = {
  type: 'positional',
  description: 'the user, as requests name them',
  required: true,
} as const;
const json = { type: 'boolean', description: 'the answer of the API' } as const;

const list = defineCommand({
  meta: { name: 'list', description: 'List the users with limits of their own.' },
  args: { ...settingsArgs, json },
  run: ({ args }) =>
    withUsers(args, (users, spent) => {
      const shown = users.list().map((one) => ({
        ...shownUser(one),
        usage: spent.of(callerMeters(anywhereMeters(one.user, one.limits))),
      }));
      if (args.json) process.stdout.write(`${printableJson({ users: shown }, 2)}\n`);
      else if (shown.length > 0) process.stdout.write(`${userTable(printable(shown))}\n`);
      else
        process.stderr.write(
          'No user has limits of their own: `switchyard users set USER --budget 5/month` sets some.\n',
        );
      const note = spent.note();
      if (note !== null) process.stderr.write(`${note}\n`);
    }),
});

const set = defineCommand({
  meta: { name: 'set', description: 'Limit a user; what is not named stays as it is.' },
  args: { ...settingsArgs, user, ...limitFlags },
  run: ({ args, rawArgs }) =>
    withUsers(args, async (users) => {
      refuseRepeated(rawArgs);
      const before = users.get(args.user)?.limits ?? NO_LIMITS;
      const limits = readUserLimits(limitFieldsOf(args, before, { whole: true }));
      const shown = printable(shownUser(await users.put(args.user, limits, cliActor())));
      process.stdout.write(`${shown.user}: ${limitWords(shown) || 'no limits'}\n`);
    }),
});

const remove = defineCommand({
  meta: { name: 'remove', description: 'Take back what was set for a user.' },
  args: { ...settingsArgs, user },
  run: ({ args }) =>
    withUsers(args, async (users) => {
      if (!(await users.remove(args.user, cliActor())))
        exitWith([`No limits are set for the user "${args.user}".`]);
      process.stdout.write(`removed ${printable(args.user)}\n`);
    }),
});

export const users = defineCommand({
  meta: { name: 'users', description: 'Limit single users, however requests name them.' },
  subCommands: { list, set, remove },
});

async function withUsers(
  args: { readonly config?: string | undefined; readonly data?: string | undefined },
  work: (users: UserLimits, spent: SpentBudgets) => Promise<void> | void,
): Promise<void> {
  const settings = await settingsOrExit(args);
  const { dataDir } = settings;
  try {
    const store = openStore({ dataDir });
    const opened = openUserLimits(store);
    await work(opened, new SpentBudgets(settings, '/router/v1/users'));
    opened.close();
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
