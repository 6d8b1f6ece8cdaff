// The keys of the configuration file, by what opens them; made anew only where the configuration was swapped.
import type { ConfiguredKey } from '../../config/keys-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import type { KeyRecord } from '../../core/key.ts';
import { patched, patchOf, plainRecord } from './key-record.ts';

export interface ConfiguredKeys {
  readonly records: readonly KeyRecord[];
  readonly byHash: ReadonlyMap<string, KeyRecord>;
  readonly byId: ReadonlyMap<string, KeyRecord>;
}

/** One reading for each configuration that is in force. */
const readings = new WeakMap<readonly ConfiguredKey[], ConfiguredKeys>();

export function configuredKeys(keys: readonly ConfiguredKey[]): ConfiguredKeys {
  const known = readings.get(keys);
  if (known !== undefined) return known;
  const pairs = keys.map((key) => [key.secretSha256, recordOf(key)] as const);
  const byHash = new Map<string, KeyRecord>();
  // One whose variable has no value opens nothing.
  for (const [hash, record] of pairs) if (hash !== null) byHash.set(hash, record);
  const records = pairs.map(([, record]) => record);
  const byId = new Map(records.map((record) => [record.id, record]));
  const reading = { records, byHash, byId };
  readings.set(keys, reading);
  return reading;
}

export function keyIsConfigured(id: string): GatewayError {
  return new GatewayError(
    'read_only',
    `The key "${id}" is made by the configuration file: change it there, under "keys". Saving the file takes effect at once.`,
  );
}

function recordOf({ id, name, role, prefix, fields }: ConfiguredKey): KeyRecord {
  const plain = plainRecord({ id, name, role, origin: 'config', prefix, createdAt: null });
  return patched(plain, patchOf(fields), null);
}
