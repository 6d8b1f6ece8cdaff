// switchyard cache: what the running gateway keeps of answers and what that was worth; dropping answers.
import { defineCommand } from 'citty';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { type CacheStatus, cacheTable } from './cache-table.ts';
import { printable, printableJson } from './printable.ts';
import { refuseRepeated } from './refuse-repeated.ts';
import { runningGateway } from './running-gateway.ts';
import { exitWith, listenArgs, settingsArgs, settingsOrExit } from './settings.ts';

const WAIT_MS = 10_000;

const text = (description: string) => ({ type: 'string', description }) as const;
const json = { type: 'boolean', description: 'the answer of the API' } as const;
const place = {
  ...settingsArgs,
  host: { ...listenArgs.host, description: 'where the gateway listens (default: as it would)' },
  port: { ...listenArgs.port, description: 'and its port' },
} as const;

interface Place {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

const status = defineCommand({
  meta: { name: 'status', description: 'Print how many answers came from the cache.' },
  args: { ...place, json },
  async run({ args }) {
    const told = await asked(args, 'GET', '/router/v1/cache');
    if (args.json) process.stdout.write(`${printableJson(told, 2)}\n`);
    else process.stdout.write(cacheTable(printable(told as unknown as CacheStatus)));
  },
});

const clear = defineCommand({
  meta: { name: 'clear', description: 'Drop the answers that match everything that is named.' },
  args: {
    ...place,
    key: text('of the key with this id'),
    user: text('of this user, where cache.per_user is on'),
    namespace: text('of this namespace'),
    model: text('made by this model: provider/model'),
    all: { type: 'boolean', description: 'every answer' },
    json,
  },
  async run({ args, rawArgs }) {
    refuseRepeated(rawArgs);
    const { key, user, namespace, model, all } = args;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ key, user, namespace, model }))
      if (value !== undefined) query.set(name, value);
    if (query.size === 0 && all !== true)
      exitWith(['Name which answers to drop: --key, --user, --namespace, --model, or --all.']);
    if (all === true) query.set('all', 'true');
    const told = await asked(args, 'DELETE', `/router/v1/cache?${query}`);
    if (args.json) process.stdout.write(`${printableJson(told, 2)}\n`);
    else {
      const { dropped, note } = told;
      process.stdout.write(`${dropped === 1 ? '1 answer' : `${dropped} answers`} dropped\n`);
      if (typeof note === 'string') process.stderr.write(`${printable(note)}\n`);
    }
  },
});

export const cache = defineCommand({
  meta: { name: 'cache', description: 'See what the running gateway keeps of answers; drop it.' },
  // What stands before no command is `status`'s.
  args: { ...place, json },
  default: 'status',
  subCommands: { status, clear },
});

/** What the running gateway says; ends where there is none. */
async function asked(args: Place, method: string, path: string): Promise<JsonObject> {
  const settings = await settingsOrExit(args);
  const gateway = runningGateway(settings);
  if (gateway === null)
    exitWith([
      `There is no admin key in ${settings.dataDir}, and SWITCHYARD_ADMIN_KEY is not set: name the gateway's data folder with --data.`,
    ]);
  const { url, headers } = gateway;
  const signal = AbortSignal.timeout(WAIT_MS);
  const reply = await fetch(url + path, { method, headers, signal }).catch(() => null);
  if (reply === null)
    exitWith([
      `No gateway answers at ${url}: answers are in the memory of the one that runs. Start it with \`switchyard serve\`, or name it with --host and --port.`,
    ]);
  const told = asObject(parseJson(await reply.text()));
  if (told === undefined) exitWith([`${url} answered with ${reply.status}, and not as a gateway.`]);
  if (!reply.ok)
    exitWith([String(asObject(told.error)?.message ?? `It answered ${reply.status}.`)]);
  return told;
}
