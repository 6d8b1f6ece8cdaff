// Which database the log is in: PostgreSQL where DATABASE_URL names one, else files in the data folder.
import { GatewayError } from '../core/errors.ts';
import type { LogPlace } from './log-store.ts';

/** @param url DATABASE_URL. Throws `storage_unavailable` where it names another kind of database. */
export function logPlace(url: string | undefined, dataDir: string): LogPlace {
  if (url === undefined || url.trim() === '') return { engine: 'sqlite', dataDir };
  if (/^postgres(ql)?:\/\//i.test(url)) return { engine: 'postgres', url };
  // Not the value itself: it may hold a password.
  throw new GatewayError(
    'storage_unavailable',
    'DATABASE_URL names no database that the log can be kept in. Give it as postgres://user:password@host:port/database, or unset it to keep the log in files of the data folder.',
  );
}
