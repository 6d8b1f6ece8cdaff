// The master key, by which what is stored is sealed: from the environment, or from a file or a command the environment names.
import { readFileSync } from 'node:fs';
import { GatewayError } from '../core/errors.ts';
import { KEY_BYTES } from '../lib/seal.ts';
import { runKeyCommand } from './master-key-command.ts';

const NAME = 'SWITCHYARD_MASTER_KEY';
const FILE = 'SWITCHYARD_MASTER_KEY_FILE';
const COMMAND = 'SWITCHYARD_MASTER_KEY_COMMAND';
const PREVIOUS = 'SWITCHYARD_MASTER_KEY_PREVIOUS';
const HOW = 'Make one with `openssl rand -base64 32`.';

export interface MasterKeys {
  /** Seals. Null: nothing is sealed. */
  readonly current: Uint8Array | null;
  /** They open what they sealed before `current` took their place. */
  readonly previous: readonly Uint8Array[];
}

type Environment = { readonly [name: string]: string | undefined };

/** Whether there is one, without asking for it. */
export function namesMasterKey(environment: Environment): boolean {
  return [NAME, FILE, COMMAND].some((name) => wordOf(environment, name) !== undefined);
}

/** A command is run with each call, so that it is to be called once. Throws `invalid_request` with the remedy; the message never holds any of a key. */
export function readMasterKeys(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
  run: (line: string) => string = (line) => runKeyCommand(line, environment),
): MasterKeys {
  const given = wordOf(environment, NAME);
  const file = wordOf(environment, FILE);
  const command = wordOf(environment, COMMAND);
  const set = [NAME, FILE, COMMAND].filter((name) => wordOf(environment, name) !== undefined);
  if (set.length > 1)
    throw wrong(
      `${set.join(' and ')} are ${set.length === 2 ? 'both' : 'all'} set: keep one of them.`,
    );
  const previous = (environment[PREVIOUS] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text, index) => decoded(text, `${PREVIOUS} (number ${index + 1})`));
  if (given !== undefined) return { current: decoded(given, NAME), previous };
  if (file !== undefined) return { current: decoded(contents(file, readFile), file), previous };
  if (command !== undefined)
    return { current: decoded(run(command), `what ${COMMAND} printed`), previous };
  return { current: null, previous };
}

function wordOf(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

function contents(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path).trim();
  } catch (cause) {
    throw new GatewayError(
      'invalid_request',
      `The master key’s file ${path} (${FILE}) cannot be read: let this user read it, or name another.`,
      { cause },
    );
  }
}

function decoded(text: string, where: string): Uint8Array {
  const bytes = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, 'hex')
    : /^[\w+/-]+={0,2}$/.test(text)
      ? Buffer.from(text, 'base64')
      : null;
  if (bytes === null)
    throw wrong(`The master key in ${where} is neither base64 nor hexadecimal. ${HOW}`);
  if (bytes.length !== KEY_BYTES)
    throw wrong(
      `The master key in ${where} has ${bytes.length} bytes; it must have exactly ${KEY_BYTES}, in base64 or hexadecimal. ${HOW}`,
    );
  return bytes;
}

function wrong(message: string): GatewayError {
  return new GatewayError('invalid_request', message);
}
