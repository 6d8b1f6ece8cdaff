// What went wrong with PostgreSQL, in words that say what to do. Never the URL's password, never a value of a row.
import { GatewayError } from '../../core/errors.ts';
import { asString, isObject } from '../../lib/json.ts';

/** True when the database will never take this value: data exceptions and broken constraints (PostgreSQL's appendix A). */
export function isRefusal(thrown: unknown): boolean {
  return /^(22|23|54)/.test(codeOf(thrown)) && !isMissingPartition(thrown);
}

/** `no partition of relation "requests" found for row`: a check violation of its own kind. */
export function isMissingPartition(thrown: unknown): boolean {
  return codeOf(thrown) === '23514';
}

/** True for an answer of the server: the connection is as good as before. */
export function isAnswer(thrown: unknown): boolean {
  return (
    isObject(thrown) && asString(thrown.severity) !== undefined && !/^(57P|08)/.test(codeOf(thrown))
  );
}

export function postgresError(thrown: unknown, place: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const problem = `${explain(codeOf(thrown), place)} (${detail(thrown)})`;
  return new GatewayError('storage_unavailable', problem);
}

/** `host:port/database` of a URL. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    const host = searchParams.get('host') ?? decodeURIComponent(hostname);
    return `${host === '' ? 'localhost' : host}:${searchParams.get('port') ?? (port === '' ? '5432' : port)}${pathname}`;
  } catch {
    return 'the database';
  }
}

function explain(code: string, place: string): string {
  if (/^(28|3D)/.test(code))
    return `PostgreSQL at ${place} does not let Switchyard in. Check the user, the password and the database's name in DATABASE_URL.`;
  if (code === '42501' || code === '25006')
    return `PostgreSQL at ${place} does not let this user write. Name a user in DATABASE_URL who may create and write tables there (and a primary server, not a replica).`;
  if (code === '42P07')
    return `PostgreSQL at ${place} has a table of that name from another program. Give Switchyard a database of its own in DATABASE_URL.`;
  if (code === '42P01' || code === '42703')
    return `PostgreSQL at ${place} does not have Switchyard's tables as this version knows them. Start the server once: it makes them.`;
  if (code === '53300')
    return `PostgreSQL at ${place} has no connection to spare. Raise its max_connections, or let fewer programs use it.`;
  if (code === '53100') return `PostgreSQL at ${place} has no room left. Free space on its disk.`;
  if (/^(57014|55P03|40)/.test(code))
    return `PostgreSQL at ${place} did not get to it in time. Look for what holds locks there or keeps it busy (pg_stat_activity).`;
  return `PostgreSQL at ${place} does not answer. Check that it runs and that DATABASE_URL names it.`;
}

function codeOf(thrown: unknown): string {
  return (isObject(thrown) ? asString(thrown.code) : undefined) ?? '';
}

/** The server's own words. What it adds as detail may hold a row's values and is left out. */
function detail(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = codeOf(thrown);
  if (message === '') return code === '' ? 'no reason given' : code;
  return code === '' || message.includes(code) ? message : `${code}: ${message}`;
}
