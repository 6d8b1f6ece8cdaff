// Clients other people wrote, at pinned versions, fetched by npm into a cache outside the project: they test it and are no part of it.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Exact versions by package name; npm checks what it fetches against the registry's own checksums. */
export type Packages = { readonly [name: string]: string };

/** A folder with a `node_modules` that holds the packages. */
export interface FetchedClient {
  readonly folder: string;
}

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchyard-agents');
const FETCH_MS = 180_000;

/**
 * The packages, fetched where they are not there yet; null, and one line that says why, where they cannot be had.
 * @param name of the folder; the versions of its packages are part of it
 */
export async function fetchClient(name: string, packages: Packages): Promise<FetchedClient | null> {
  const versions = Bun.hash(JSON.stringify(packages)).toString(36);
  const folder = join(CACHE, `${name}-${versions}`);
  if (existsSync(folder)) return said(`ran: ${name} ${shown(packages)}`, { folder });
  const npm = Bun.which('npm');
  if (npm === null) return said(`NOT RUN: ${name} (no npm on this machine)`, null);
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, '.fetching-'));
  try {
    const manifest = { name: `cache-of-${name}`, private: true, dependencies: packages };
    writeFileSync(join(fresh, 'package.json'), JSON.stringify(manifest));
    const failure = await install(npm, fresh);
    if (failure !== null) return said(`NOT RUN: ${name} (${failure})`, null);
    // Somebody else may have been faster; either is as good.
    if (!existsSync(folder)) renameSync(fresh, folder);
    return said(`ran: ${name} ${shown(packages)}, fetched now`, { folder });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Null when done. Nothing that was fetched is run while it is installed. */
async function install(npm: string, folder: string): Promise<string | null> {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  // Where there is no registry it should be said soon.
  const quick = ['--fetch-retries', '0', '--loglevel', 'error'];
  const child = Bun.spawn([npm, ...args, ...quick], {
    cwd: folder,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    timeout: FETCH_MS,
  });
  const [code, complaint] = await Promise.all([child.exited, child.stderr.text()]);
  if (code === 0) return null;
  const reason =
    complaint.split('\n').find((line) => line.includes('error')) ?? 'it did not say why';
  return `npm could not fetch it: ${reason.trim()}`;
}

function shown(packages: Packages): string {
  return Object.entries(packages)
    .map(([name, version]) => `${name}@${version}`)
    .join(' ');
}

function said<T>(line: string, result: T): T {
  console.log(`clients: ${line}`);
  return result;
}
