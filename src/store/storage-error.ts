// What went wrong with the data folder or its database, in words that say what to do.
import { GatewayError } from '../core/errors.ts';
import { asString, isObject } from '../lib/json.ts';

/** True for a failure of the database itself, as against one of the code that uses it. */
export function isSqliteError(thrown: unknown): boolean {
  return errorCode(thrown).startsWith('SQLITE_');
}

/** True when the database will never take this value, however often it is tried. */
export function isRefusal(thrown: unknown): boolean {
  return /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(errorCode(thrown));
}

/** True when another connection holds the lock: the same statement may succeed if tried again. */
export function isBusy(thrown: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(errorCode(thrown));
}

/** The error a person reads. `path` is the database, or the folder where the folder is at fault. */
export function storageError(thrown: unknown, path: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const problem = `${explain(errorCode(thrown), path)} (${detail(thrown)})`;
  return new GatewayError('storage_unavailable', problem, { cause: thrown });
}

function explain(code: string, path: string): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return `The database ${path} is locked by another program. End what holds it (a backup, or a shell with an open transaction) and try again.`;
  }
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) {
    return `No room left for ${path}. Free space on that disk, or name another folder with --data or SWITCHYARD_DATA.`;
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `${path} is damaged or is no SQLite database. Restore it from a backup, or move it away (with its -wal and -shm files) to start a new one.`;
  }
  if (/^(SQLITE_(READONLY|CANTOPEN|PERM)|EACCES|EPERM|EROFS)/.test(code)) {
    return `Cannot open or write ${path}. Let this user read and write it and its folder, or name another folder with --data or SWITCHYARD_DATA.`;
  }
  if (/^(ENOTDIR|EEXIST|EISDIR)/.test(code)) {
    return `${path} cannot be made: a file stands where a folder is needed, or the other way round. Move it away, or name another folder with --data or SWITCHYARD_DATA.`;
  }
  if (/^(EMFILE|ENFILE)/.test(code)) {
    return `${path} cannot be opened: the process has as many files open as it may. Raise its limit (ulimit -n, LimitNOFILE of systemd).`;
  }
  if (/^SQLITE_(NOMEM|TOOBIG)/.test(code)) return `${path} needs more memory than there is.`;
  return `${path} cannot be read or written. Check the disk and the folder's permissions, or name another folder with --data or SWITCHYARD_DATA.`;
}

function errorCode(thrown: unknown): string {
  return (isObject(thrown) ? asString(thrown.code) : undefined) ?? '';
}

/** SQLite's and the system's own words: they hold names of tables and paths, never values. */
function detail(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = errorCode(thrown);
  return code === '' || message.includes(code) ? message : `${code}: ${message}`;
}
