// Where things are: arguments first, then environment, then the configuration file, then defaults.
import { existsSync } from 'node:fs';
import type { ConfigProblem } from '../config/load.ts';
import { formatProblem } from '../config/load.ts';
import type { ConfigFile } from '../config/schema.ts';
import { readConfig } from '../gateway/read-config.ts';
import { printableLines } from './printable.ts';

const DEFAULT_CONFIG = './switchyard.yaml';
const DEFAULT_DATA = './.switchyard';
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8787;

/** The arguments every command that reads the configuration takes. */
export const settingsArgs = {
  config: {
    type: 'string',
    description: `configuration file (SWITCHYARD_CONFIG; default ${DEFAULT_CONFIG} if there)`,
  },
  data: { type: 'string', description: `data folder (SWITCHYARD_DATA; default ${DEFAULT_DATA})` },
} as const;

export const listenArgs = {
  host: {
    type: 'string',
    description: `address to listen on (SWITCHYARD_HOST; default ${DEFAULT_HOST})`,
  },
  port: {
    type: 'string',
    description: `port to listen on (SWITCHYARD_PORT; default ${DEFAULT_PORT})`,
  },
} as const;

interface GivenArgs {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

export interface Settings {
  readonly configFile: string;
  readonly config: ConfigFile;
  readonly warnings: readonly ConfigProblem[];
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
}

/** The settings, or an exit (1 where nothing else is said) with what is wrong with them, one line a problem. */
export async function settingsOrExit(args: GivenArgs, status = 1): Promise<Settings> {
  const env = process.env;
  // A variable that is set to nothing is one that is not set.
  const named = args.config ?? (env.SWITCHYARD_CONFIG || undefined);
  const configFile = named ?? DEFAULT_CONFIG;
  if (named !== undefined && !existsSync(named))
    exitWith([`There is no configuration file ${named}.`], status);
  const { config, problems, warnings } = await readConfig(configFile, env);
  if (config === null)
    exitWith(
      problems.map((problem) => formatProblem(configFile, problem)),
      status,
    );
  const portText =
    args.port ?? (env.SWITCHYARD_PORT || String(config.server?.port ?? DEFAULT_PORT));
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    exitWith([`The port must be a number from 0 to 65535, not "${portText}".`], status);
  return {
    configFile,
    config,
    warnings,
    dataDir: args.data ?? (env.SWITCHYARD_DATA || DEFAULT_DATA),
    host: args.host ?? (env.SWITCHYARD_HOST || (config.server?.host ?? DEFAULT_HOST)),
    port,
  };
}

/** For commands that only read: a data folder that is named and not there is a mistyped one, and looking makes none. */
export function needsData(
  { data }: Pick<GivenArgs, 'data'>,
  { dataDir }: Pick<Settings, 'dataDir'>,
  status = 1,
): void {
  if ((data ?? process.env.SWITCHYARD_DATA) && !existsSync(dataDir))
    exitWith([`There is no data folder ${dataDir}.`], status);
}

/** Prints the lines to stderr and ends, with 1 where nothing else is said. */
export function exitWith(lines: readonly string[], status = 1): never {
  for (const line of lines) process.stderr.write(`${printableLines(line)}\n`);
  process.exit(status);
}
