// switchyard keys: virtual keys, made, listed, changed, given a new secret, removed. A running gateway sees the change within a second.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { NO_LIMITS } from '../core/limits.ts';
import { durationMs } from '../core/options.ts';
import type { JsonObject } from '../lib/json.ts';
import { keyFilter } from '../limits/keys/key-filter.ts';
import { readKeyPatch, readNewKey } from '../limits/keys/key-input.ts';
import { type Keys, MAX_OVERLAP_MS, NO_KEYS, openKeys } from '../limits/keys/keys.ts';
import { shownKey } from '../limits/keys/shown-key.ts';
import { keyMeters } from '../limits/meters/caller-meters.ts';
import { openStore } from '../store/open-store.ts';
import { removeKeysOf } from '../vault/vault.ts';
import { cliActor } from './acting.ts';
import { keyFieldsOf, keyFlags } from './key-flags.ts';
import { keyStory, keyTable } from './key-table.ts';
import { printable, printableJson } from './printable.ts';
import { refuseRepeated } from './refuse-repeated.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';
import { SpentBudgets } from './spent-budgets.ts';

const id = { type: 'positional', description: 'the key id', required: true } as const;
const json = { type: 'boolean', description: 'the answer of the API' } as const;
const role = (description: string) => ({
  type: 'enum' as const,
  options: ['inference', 'admin'],
  description,
});
const newRole = role('what it may do (default inference)');
const name = { type: 'string', description: 'what or whom it is for' } as const;

const list = defineCommand({
  meta: { name: 'list', description: 'List the keys.' },
  args: {
    ...settingsArgs,
    label: { type: 'string', description: 'only with these labels: "team=search" or "team"' },
    name: { type: 'string', description: 'only with this in its name' },
    role: role('only of this role'),
    json,
  },
  run: ({ args }) =>
    withKeys(args, (keys, spent) => {
      const wanted = keyFilter({ label: args.label, name: args.name, role: args.role });
      const shown = keys
        .list()
        .filter(wanted)
        .map((key) => withSpent(keys, key, spent));
      if (args.json) process.stdout.write(`${printableJson({ keys: shown }, 2)}\n`);
      else if (shown.length > 0)
        process.stdout.write(`${keyTable(printable(shown), Date.now())}\n`);
      else process.stderr.write('No keys yet: `switchyard keys create NAME` makes one.\n');
      tellNote(spent);
    }),
});

const show = defineCommand({
  meta: { name: 'show', description: 'Show all that is known of a key, but for its secret.' },
  args: { ...settingsArgs, id, json },
  run: ({ args }) =>
    withKeys(args, (keys, spent) => {
      const shown = withSpent(keys, found(keys.get(args.id), args.id), spent);
      process.stdout.write(
        args.json ? `${printableJson(shown, 2)}\n` : `${keyStory(printable(shown), Date.now())}\n`,
      );
      tellNote(spent);
    }),
});

const create = defineCommand({
  meta: { name: 'create', description: 'Make a key; its secret is printed once.' },
  args: {
    ...settingsArgs,
    name: { ...name, type: 'positional', required: true },
    role: newRole,
    ...keyFlags,
  },
  run: ({ args, rawArgs }) =>
    withKeys(args, async (keys) => {
      refuseRepeated(rawArgs);
      const plain = { limits: NO_LIMITS, userLimits: NO_LIMITS };
      const fields = keyFieldsOf(args, plain, Date.now());
      const input = readNewKey({ name: args.name, role: args.role ?? 'inference', ...fields });
      const { record, secret } = await keys.create(input, cliActor());
      process.stdout.write(`${secret}\n`);
      process.stderr.write(`${record.id} (${record.role}): shown this once, keep it safe.\n`);
    }),
});

const update = defineCommand({
  meta: { name: 'update', description: 'Change a key; what is not named stays as it is.' },
  args: { ...settingsArgs, id, name, role: newRole, ...keyFlags },
  run: ({ args, rawArgs }) =>
    withKeys(args, async (keys) => {
      refuseRepeated(rawArgs);
      const fields = keyFieldsOf(args, found(keys.get(args.id), args.id), Date.now());
      const patch = readKeyPatch({
        ...fields,
        ...(args.name === undefined ? {} : { name: args.name }),
        ...(args.role === undefined ? {} : { role: args.role }),
      });
      tell(keys, await keys.update(args.id, patch, cliActor()), args.id);
    }),
});

const rotate = defineCommand({
  meta: {
    name: 'rotate',
    description: 'Make a new secret for a key, printed once; the one before it stops.',
  },
  args: {
    ...settingsArgs,
    id,
    overlap: {
      type: 'string',
      description: 'so long the one before it still opens: 24h (default 0s)',
    },
  },
  run: ({ args }) =>
    withKeys(args, async (keys) => {
      const overlapMs = durationMs(args.overlap ?? '0s');
      if (overlapMs === null || overlapMs > MAX_OVERLAP_MS)
        exitWith([`--overlap must be a time such as 24h, at most 90d, not "${args.overlap}".`]);
      const rotated = await keys.rotate(args.id, overlapMs, cliActor());
      if (rotated === null) exitWith([`There is no key "${args.id}".`]);
      process.stdout.write(`${rotated.secret}\n`);
      const until = keys.replaced(args.id).at(-1)?.validUntil;
      const before =
        until === undefined
          ? 'The one before it no longer opens'
          : `The one before it opens until ${new Date(until).toISOString()}`;
      process.stderr.write(`${args.id}: shown this once, keep it safe. ${before}.\n`);
    }),
});

const revokePrevious = defineCommand({
  meta: {
    name: 'revoke-previous',
    description: 'Only the newest secret of a key opens from now on.',
  },
  args: { ...settingsArgs, id },
  run: ({ args }) =>
    withKeys(args, async (keys) =>
      tell(keys, await keys.revokeReplaced(args.id, cliActor()), args.id),
    ),
});

const enable = switching('enable', true, 'Switch a key on again.');
const disable = switching('disable', false, 'Switch a key off; it stops working within a second.');

const remove = defineCommand({
  meta: { name: 'remove', description: 'Remove a key; it stops working within a second.' },
  args: { ...settingsArgs, id },
  run: ({ args }) =>
    withKeys(args, async (keys) => {
      if (!(await keys.remove(args.id, cliActor()))) exitWith([`There is no key "${args.id}".`]);
      process.stdout.write(`removed ${printable(args.id)}\n`);
    }),
});

export const keys = defineCommand({
  meta: { name: 'keys', description: 'Make, list, change and remove virtual keys.' },
  subCommands: {
    list,
    show,
    create,
    update,
    rotate,
    'revoke-previous': revokePrevious,
    disable,
    enable,
    remove,
  },
});

function switching(verb: string, enabled: boolean, description: string) {
  return defineCommand({
    meta: { name: verb, description },
    args: { ...settingsArgs, id },
    run: ({ args }) =>
      withKeys(args, async (keys) =>
        tell(keys, await keys.update(args.id, { enabled }, cliActor()), args.id),
      ),
  });
}

function shownOf(keys: Keys, key: KeyRecord): JsonObject {
  return shownKey(key, keys.replaced(key.id));
}

/** As the API shows it. */
function withSpent(keys: Keys, key: KeyRecord, spent: SpentBudgets): JsonObject {
  return { ...shownOf(keys, key), usage: spent.of(keyMeters(key)) };
}

function tellNote(spent: SpentBudgets): void {
  const note = spent.note();
  if (note !== null) process.stderr.write(`${note}\n`);
}

function tell(keys: Keys, key: KeyRecord | null, asked: string): void {
  const shown = shownOf(keys, found(key, asked));
  process.stdout.write(`${keyStory(printable(shown), Date.now())}\n`);
}

function found(key: KeyRecord | null, asked: string): KeyRecord {
  return key ?? exitWith([`There is no key "${asked}". \`switchyard keys list\` lists them.`]);
}

async function withKeys(
  args: { readonly config?: string | undefined; readonly data?: string | undefined },
  work: (keys: Keys, spent: SpentBudgets) => Promise<void> | void,
): Promise<void> {
  const settings = await settingsOrExit(args);
  const { dataDir, config } = settings;
  try {
    const store = openStore({ dataDir });
    const opened = openKeys(store, {
      adminKey: null,
      configured: () => config.keys ?? NO_KEYS,
      removeWith: removeKeysOf,
    });
    await work(opened, new SpentBudgets(settings, '/router/v1/keys'));
    opened.close();
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
