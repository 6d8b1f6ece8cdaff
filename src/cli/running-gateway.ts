// runningGateway: where a command finds the gateway that runs here, and the key it asks it with.
import { readFileSync } from 'node:fs';
import { adminKeyPath } from '../limits/keys/admin-key.ts';
import type { Settings } from './settings.ts';

export interface RunningGateway {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly headers: { readonly authorization: string };
}

/** Null: there is no admin key to ask it with. Whether it runs shows when it is asked. */
export function runningGateway({
  dataDir,
  host,
  port,
}: Pick<Settings, 'dataDir' | 'host' | 'port'>): RunningGateway | null {
  const key = process.env.SWITCHYARD_ADMIN_KEY?.trim() || madeKey(dataDir);
  if (key === null) return null;
  const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const name = near.includes(':') ? `[${near}]` : near;
  return { url: `http://${name}:${port}`, headers: { authorization: `Bearer ${key}` } };
}

function madeKey(dataDir: string): string | null {
  try {
    return readFileSync(adminKeyPath(dataDir), 'utf8').trim();
  } catch {
    return null;
  }
}
