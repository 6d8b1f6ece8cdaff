// ProviderKeyRecord: a stored provider key without its secret, as the API shows it.
import type { JsonObject } from '../lib/json.ts';
import { asObject, parseJson } from '../lib/json.ts';
import type { ProviderKeysTable } from '../store/tables.ts';
import type { ProviderSecret } from './provider-secret.ts';

/** What came of asking the provider with it. */
export interface KeyTest {
  readonly ok: boolean;
  /** The provider's HTTP status; null: none came. */
  readonly status: number | null;
  readonly latency_ms: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ProviderKeyRecord {
  readonly id: string;
  /** The virtual key it serves; null: every caller. */
  readonly keyId: string | null;
  readonly provider: string;
  readonly label: string;
  readonly weight: number | null;
  readonly kind: ProviderSecret['kind'];
  readonly version: number;
  /** Tells two secrets apart, as long as the master key is the same. */
  readonly fingerprint: string;
  readonly allowFallback: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly testedAt: number | null;
  readonly testResult: KeyTest | null;
}

export function recordOf(row: ProviderKeysTable): ProviderKeyRecord {
  return {
    id: row.id,
    keyId: row.key_id,
    provider: row.provider,
    label: row.label,
    weight: row.weight,
    kind: row.kind === 'aws' || row.kind === 'google' ? row.kind : 'plain',
    version: row.version,
    fingerprint: row.fingerprint,
    allowFallback: row.allow_fallback === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    testedAt: row.tested_at,
    testResult: row.test_result === null ? null : testOf(row.test_result),
  };
}

function testOf(text: string): KeyTest | null {
  return (asObject(parseJson(text)) ?? null) as KeyTest | null;
}

/** As the API and the audit trail show it. */
export function shownKey(record: ProviderKeyRecord): JsonObject {
  return {
    id: record.id,
    key_id: record.keyId,
    provider: record.provider,
    label: record.label,
    weight: record.weight,
    kind: record.kind,
    version: record.version,
    fingerprint: record.fingerprint,
    allow_fallback: record.allowFallback,
    created_at: new Date(record.createdAt).toISOString(),
    updated_at: new Date(record.updatedAt).toISOString(),
    tested_at: record.testedAt === null ? null : new Date(record.testedAt).toISOString(),
    test: record.testResult && { ...record.testResult },
  };
}
