// The admin key a gateway starts with: the operator's own from the environment, else one made on the first run.
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { newSecret } from '../../core/key-secret.ts';
import { makeDataDir } from '../../store/open-store.ts';
import { storageError } from '../../store/storage-error.ts';

const OWNER_ONLY = 0o600;

export interface AdminKey {
  readonly secret: string;
  /** Made just now: show it once. */
  readonly created: boolean;
}

export interface AdminKeyOptions {
  readonly dataDir: string;
  /** `SWITCHYARD_ADMIN_KEY`; empty counts as not set. Never stored. */
  readonly fromEnv: string | undefined;
  readonly random?: (bytes: number) => Uint8Array;
}

/** The file of a data folder that holds the key made on the first run. */
export function adminKeyPath(dataDir: string): string {
  return join(resolve(dataDir), 'admin.key');
}

/** Throws `storage_unavailable` with the remedy. */
export function bootstrapAdminKey(options: AdminKeyOptions): AdminKey {
  const fromEnv = options.fromEnv?.trim() ?? '';
  if (fromEnv !== '') return { secret: fromEnv, created: false };
  makeDataDir(options.dataDir);
  const path = adminKeyPath(options.dataDir);
  const secret = newSecret(options.random);
  try {
    // Made only where there is none: of two first runs at once, one makes it and the other reads it.
    writeFileSync(path, `${secret}\n`, { flag: 'wx', mode: OWNER_ONLY });
    return { secret, created: true };
  } catch (error) {
    if (!isExisting(error)) throw storageError(error, path);
  }
  return { secret: readKey(path), created: false };
}

function readKey(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
    // Somebody copied or restored it with wider rights.
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      chmodSync(path, OWNER_ONLY);
    }
  } catch (error) {
    throw storageError(error, path);
  }
  if (text !== '') return text;
  const problem = `${path} is empty. Remove it, and the next start makes a new admin key, or set SWITCHYARD_ADMIN_KEY.`;
  throw new GatewayError('storage_unavailable', problem);
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
