// switchyard keys: make, list and remove virtual keys. A running gateway sees the change within a second.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { type Keys, openKeys } from '../limits/keys/keys.ts';
import { openStore } from '../store/open-store.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';

const list = defineCommand({
  meta: { name: 'list', description: 'List the keys.' },
  args: settingsArgs,
  run: ({ args }) =>
    withKeys(args, (keys) => {
      const rows = keys.list();
      for (const key of rows) {
        const models = key.allowedModels === null ? 'every model' : key.allowedModels.join(', ');
        const until =
          key.expiresAt === null ? 'no expiry' : `until ${new Date(key.expiresAt).toISOString()}`;
        const bodies = key.logBodies === true ? '  bodies are kept' : '';
        process.stdout.write(
          `${key.id}  ${key.prefix}…  ${key.role}  ${key.name}  ${models}  ${until}${bodies}\n`,
        );
      }
      if (rows.length === 0)
        process.stderr.write('No keys yet: `switchyard keys create NAME` makes one.\n');
    }),
});

const create = defineCommand({
  meta: { name: 'create', description: 'Make a key; its secret is printed once.' },
  args: {
    ...settingsArgs,
    name: { type: 'positional', description: 'what or whom it is for', required: true },
    role: {
      type: 'enum',
      options: ['inference', 'admin'],
      default: 'inference',
      description: 'what it may do',
    },
    models: {
      type: 'string',
      description: 'allowed models, separated by commas: "openai/*,gpt-oss-120b"',
    },
    expires: { type: 'string', description: 'an ISO 8601 time' },
    'log-bodies': {
      type: 'boolean',
      description: 'keep the bodies of its requests in the log (--no-log-bodies: never)',
    },
  },
  run: ({ args }) =>
    withKeys(args, async (keys) => {
      const expiresAt = args.expires === undefined ? null : Date.parse(args.expires);
      if (Number.isNaN(expiresAt))
        exitWith([`"${args.expires}" is not a time such as 2027-01-31T00:00:00Z.`]);
      const allowedModels =
        args.models === undefined ? null : args.models.split(',').map((model) => model.trim());
      const role = args.role === 'admin' ? 'admin' : 'inference';
      const { record, secret } = await keys.create({
        name: args.name,
        role,
        allowedModels,
        expiresAt,
        metadata: null,
        logBodies: args['log-bodies'] ?? null,
      });
      process.stdout.write(`${secret}\n`);
      process.stderr.write(`${record.id} (${record.role}): shown this once, keep it safe.\n`);
    }),
});

const remove = defineCommand({
  meta: { name: 'remove', description: 'Remove a key; it stops working within a second.' },
  args: { ...settingsArgs, id: { type: 'positional', description: 'the key id', required: true } },
  run: ({ args }) =>
    withKeys(args, async (keys) => {
      if (!(await keys.remove(args.id))) exitWith([`There is no key "${args.id}".`]);
      process.stdout.write(`removed ${args.id}\n`);
    }),
});

export const keys = defineCommand({
  meta: { name: 'keys', description: 'Make, list and remove virtual keys.' },
  subCommands: { list, create, remove },
});

async function withKeys(
  args: { readonly config?: string | undefined; readonly data?: string | undefined },
  work: (keys: Keys) => Promise<void> | void,
): Promise<void> {
  const { dataDir } = await settingsOrExit(args);
  try {
    const store = openStore({ dataDir });
    const opened = openKeys(store, { adminKey: null });
    await work(opened);
    opened.close();
    store.close();
  } catch (thrown) {
    if (thrown instanceof GatewayError) exitWith([thrown.message]);
    throw thrown;
  }
}
