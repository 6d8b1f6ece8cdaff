// Spools of dead processes are taken over whole or not at all: what goes wrong with one is that one's own.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLock } from '../../store/file-lock.ts';
import { adoptOrphans, ownSpools } from './own-spools.ts';
import { lockPath, spoolRoot } from './spool-folder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-own-spools-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const folderOf = (name: string) => join(spoolRoot(dir), name);

test('one whose adoption cannot be written is let go of, and the others are had', () => {
  const own = folderOf('own');
  for (const name of ['a', 'b', 'c']) mkdirSync(folderOf(name), { recursive: true });
  // As on a full disk, a file cannot be made there.
  mkdirSync(join(folderOf('b'), 'adopted-by'));
  const problems: string[] = [];
  const options = {
    now: Date.now(),
    onProblem: (folder: string, why: string) => void problems.push(`${folder} ${why}`),
  };
  const adopted = adoptOrphans(dir, own, { ...options, except: new Set() });
  expect(adopted.map(({ folder }) => folder).sort()).toEqual([folderOf('a'), folderOf('c')]);
  expect(ownSpools(dir, own).sort()).toEqual([folderOf('a'), folderOf('c'), own]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toStartWith(`${folderOf('b')} EISDIR`);
  // Nobody has it: another may, or the next attempt.
  const lock = FileLock.take(lockPath(folderOf('b')));
  expect(lock).not.toBeNull();
  lock?.release(false);
  rmSync(join(folderOf('b'), 'adopted-by'), { recursive: true });
  const except = new Set(adopted.map(({ folder }) => folder));
  const [rest, ...more] = adoptOrphans(dir, own, { ...options, except });
  expect(rest?.folder).toBe(folderOf('b'));
  expect(more).toEqual([]);
  for (const one of [...adopted, ...(rest === undefined ? [] : [rest])]) one.lock.release(true);
});
