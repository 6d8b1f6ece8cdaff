// Which spools a process looks after: its own, and those of dead processes that it has adopted.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FileLock } from '../../store/file-lock.ts';
import { lockPath, namesIn, spoolRoot } from './spool-folder.ts';

const ADOPTER = 'adopted-by';
/** Whoever makes a spool takes its lock first and makes its folder at once. */
const LONE_LOCK_MS = 60_000;

export interface Adopted {
  readonly folder: string;
  readonly lock: FileLock;
}

/** Folders that this process's consumers read: its own spool first. @param own its folder */
export function ownSpools(dataDir: string, own: string): string[] {
  const root = spoolRoot(dataDir);
  const adopted = folderNames(root)
    .map((name) => join(root, name))
    .filter((folder) => adopterOf(folder) === basename(own));
  return [own, ...adopted];
}

export interface Adoption {
  /** Folders that it has already. */
  readonly except: ReadonlySet<string>;
  readonly now: number;
  /** A spool stays where it is for now. */
  readonly onProblem: (folder: string, why: string) => void;
}

/** Takes over spools whose process is dead. @param own the folder of who does */
export function adoptOrphans(dataDir: string, own: string, options: Adoption): Adopted[] {
  const root = spoolRoot(dataDir);
  removeLoneLocks(root, options.now);
  const adopted: Adopted[] = [];
  for (const name of folderNames(root)) {
    const folder = join(root, name);
    if (folder === own || options.except.has(folder)) continue;
    const lock = takeQuietly(lockPath(folder));
    if (lock === null) continue;
    try {
      if (exists(folder)) {
        writeFileSync(join(folder, ADOPTER), basename(own), { mode: 0o600 });
        adopted.push({ folder, lock });
      } else lock.release(true);
    } catch (error) {
      // The others are had all the same, and this one is anybody's again.
      lock.release(false);
      options.onProblem(folder, error instanceof Error ? error.message : String(error));
    }
  }
  return adopted;
}

function folderNames(root: string): string[] {
  return namesIn(root).filter((name) => !name.includes('.'));
}

function adopterOf(folder: string): string | null {
  try {
    return readFileSync(join(folder, ADOPTER), 'utf8');
  } catch {
    return null;
  }
}

/** Of processes that died between their lock and their folder. */
function removeLoneLocks(root: string, now: number): void {
  for (const name of namesIn(root).filter((one) => one.endsWith('.lock'))) {
    const path = join(root, name);
    const folder = path.slice(0, -'.lock'.length);
    if (exists(folder) || now - modifiedAt(path, now) < LONE_LOCK_MS) continue;
    const lock = takeQuietly(path);
    if (lock !== null) lock.release(!exists(folder));
  }
}

function takeQuietly(path: string): FileLock | null {
  try {
    return FileLock.take(path);
  } catch {
    // It cannot be opened now; the next look may find it better.
    return null;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function modifiedAt(path: string, otherwise: number): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? otherwise;
}
