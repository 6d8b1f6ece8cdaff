// switchyard provider-keys: store, list, try and remove provider keys. Secrets come from stdin or the environment, never as arguments.
import { defineCommand } from 'citty';
import { readMasterKeys } from '../config/master-key.ts';
import { GatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { PROVIDER_ALIASES } from '../gateway/configure-providers.ts';
import { testProviderKey } from '../gateway/test-provider-key.ts';
import { NO_KEYS, openKeys } from '../limits/keys/keys.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { type ProviderSecret, readSecret } from '../vault/provider-secret.ts';
import { type StoredKey, Vault } from '../vault/vault.ts';
import { cliActor } from './acting.ts';
import { printable } from './printable.ts';
import { exitWith, type Settings, settingsArgs, settingsOrExit } from './settings.ts';
import { snapshotFor } from './snapshot-for.ts';

const id = {
  type: 'positional',
  description: 'the id of the provider key',
  required: true,
} as const;
const fromEnv = {
  type: 'string',
  description: 'the environment variable the secret is in (default: it is read from stdin)',
} as const;

const list = defineCommand({
  meta: { name: 'list', description: 'List the stored provider keys; never their secrets.' },
  args: settingsArgs,
  run: ({ args }) =>
    withVault(args, ({ vault }) => {
      const stored = vault.list();
      for (const key of stored) process.stdout.write(`${printable(lineOf(key))}\n`);
      if (stored.length === 0)
        process.stderr.write(
          'No provider keys: `switchyard provider-keys add PROVIDER` stores one.\n',
        );
    }),
});

const add = defineCommand({
  meta: { name: 'add', description: 'Store a provider key; its secret is read from stdin.' },
  args: {
    ...settingsArgs,
    provider: { type: 'positional', description: 'the provider', required: true },
    'key-id': {
      type: 'string',
      description: 'the virtual key it serves (default: every caller, beside the configured keys)',
    },
    label: { type: 'string', description: 'what the log calls it' },
    weight: { type: 'string', description: 'its share beside the other keys of the same callers' },
    'allow-fallback': {
      type: 'boolean',
      description: 'where it fails, the operator’s keys are used',
    },
    'from-env': fromEnv,
  },
  run: ({ args }) =>
    withVault(args, async ({ vault, store, settings }) => {
      vault.mustSeal();
      const snapshot = await snapshotFor(settings);
      const name = args.provider.toLowerCase();
      const provider = PROVIDER_ALIASES.get(name) ?? name;
      if (!snapshot.providers.has(provider) && !snapshot.unavailable.has(provider))
        exitWith([`There is no provider "${args.provider}".`]);
      const keyId = args['key-id'] ?? null;
      const key = keyId === null ? null : virtualKey(store, settings, keyId);
      if (keyId !== null && key === null)
        exitWith([`There is no key "${keyId}". \`switchyard keys list\` lists them.`]);
      const weight = args.weight === undefined ? null : Number(args.weight);
      if (weight !== null && !(weight >= 0))
        exitWith([`--weight must be a number that is not negative, not "${args.weight}".`]);
      if (args.label !== undefined && !LABEL.test(args.label))
        exitWith(['--label must be up to 40 letters, digits, "-", "_" or ".".']);
      const stored = await vault.create(
        {
          ...{ keyId, provider, weight, label: args.label ?? null },
          keyIsStored: key?.origin === 'api',
          allowFallback: args['allow-fallback'] === true,
          secret: await givenSecret(args['from-env']),
        },
        cliActor(),
      );
      process.stdout.write(`${printable(lineOf(stored))}\n`);
    }),
});

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

const rotate = defineCommand({
  meta: { name: 'rotate', description: 'Put another secret in the place of a stored one.' },
  args: { ...settingsArgs, id, 'from-env': fromEnv },
  run: ({ args }) =>
    withVault(args, async ({ vault }) => {
      found(vault, args.id);
      const rotated = await vault.rotate(args.id, await givenSecret(args['from-env']), cliActor());
      process.stdout.write(`${printable(lineOf(rotated ?? noSuchKey(args.id)))}\n`);
    }),
});

const test = defineCommand({
  meta: {
    name: 'test',
    description: 'Ask the provider whether it takes a stored key; exit 1 where it does not.',
  },
  args: { ...settingsArgs, id },
  run: ({ args }) =>
    withVault(args, async ({ vault, settings }) => {
      const { key, record, problem } = found(vault, args.id);
      if (key === null) exitWith([`${args.id} cannot be tried: it is ${problem}.`]);
      const snapshot = await snapshotFor(settings);
      const configured = snapshot.own.provider(record.provider, [key]);
      if (configured === null)
        exitWith([`The provider "${record.provider}" cannot be used with it.`]);
      const result = await testProviderKey(configured, key);
      await vault.tested(record, result, cliActor());
      if (!result.ok) exitWith([`${args.id}: ${result.error?.code}: ${result.error?.message}`]);
      process.stdout.write(`${args.id}: ${record.provider} takes it (${result.latency_ms} ms)\n`);
    }),
});

const remove = defineCommand({
  meta: {
    name: 'remove',
    description: 'Remove a provider key; it is used no more within a second.',
  },
  args: { ...settingsArgs, id },
  run: ({ args }) =>
    withVault(args, async ({ vault }) => {
      if (!(await vault.remove(args.id, cliActor()))) noSuchKey(args.id);
      process.stdout.write(`removed ${printable(args.id)}\n`);
    }),
});

export const providerKeys = defineCommand({
  meta: { name: 'provider-keys', description: 'Store, list, try and remove provider keys.' },
  subCommands: { list, add, rotate, test, remove },
});

function lineOf({ record, problem }: StoredKey): string {
  const { keyId, provider, label, version, fingerprint, allowFallback } = record;
  const whom = keyId === null ? 'every caller' : keyId;
  const rest = [allowFallback ? 'falls back' : '', problem ?? ''].filter((text) => text !== '');
  const columns = [record.id, provider, label, whom, `version ${version}`, fingerprint, ...rest];
  return columns.join('  ');
}

/** From the variable, else all of stdin. */
async function givenSecret(variable: string | undefined): Promise<ProviderSecret> {
  if (variable === undefined && process.stdin.isTTY)
    process.stderr.write('Paste the secret, then Enter and Ctrl-D:\n');
  const text = variable === undefined ? await Bun.stdin.text() : (process.env[variable] ?? '');
  return readSecret(text, { where: variable ?? 'stdin', ownTokenUrl: true });
}

function virtualKey(store: Store, { config }: Settings, keyId: string): KeyRecord | null {
  const keys = openKeys(store, { adminKey: null, configured: () => config.keys ?? NO_KEYS });
  try {
    return keys.get(keyId);
  } finally {
    keys.close();
  }
}

function found(vault: Vault, asked: string): StoredKey {
  return vault.get(asked) ?? noSuchKey(asked);
}

function noSuchKey(asked: string): never {
  return exitWith([
    `There is no provider key "${asked}". \`switchyard provider-keys list\` lists them.`,
  ]);
}

interface Opened {
  readonly vault: Vault;
  readonly store: Store;
  readonly settings: Settings;
}

async function withVault(
  args: { readonly config?: string | undefined; readonly data?: string | undefined },
  work: (opened: Opened) => Promise<void> | void,
): Promise<void> {
  const settings = await settingsOrExit(args);
  try {
    const masterKeys = readMasterKeys(process.env);
    const store = openStore({ dataDir: settings.dataDir });
    const vault = new Vault(store, { masterKeys });
    await work({ vault, store, settings });
    await vault.close();
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
