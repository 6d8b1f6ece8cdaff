// Sealed secrets: a provider key's secret under the master key, bound to its row, and what may be shown of it.
import { createHmac } from 'node:crypto';
import type { MasterKeys } from '../config/master-key.ts';
import { GatewayError } from '../core/errors.ts';
import { type SealingKey, seal, sealingKey, unseal } from '../lib/seal.ts';
import { type ProviderSecret, secretFrom, secretText } from './provider-secret.ts';

const PURPOSE = 'provider keys';
const FINGERPRINT_PURPOSE = 'provider key fingerprints';
const FINGERPRINT_HEX = 16;

/** What a sealed secret belongs to: put into another row, or beside another version, it does not open. */
export interface SealedPlace {
  readonly id: string;
  readonly version: number;
  readonly provider: string;
  readonly keyId: string | null;
}

export type OpenedSecret =
  | { readonly ok: true; readonly secret: ProviderSecret; readonly current: boolean }
  /** `no-key`: by a master key that is not here; `damaged`: changed since, or another row's. */
  | { readonly ok: false; readonly why: 'no-key' | 'damaged'; readonly keyId: string };

export class SecretSeal {
  readonly #seals: SealingKey | null;
  readonly #opens: readonly SealingKey[];
  readonly #fingerprints: SealingKey | null;

  constructor({ current, previous }: MasterKeys) {
    this.#seals = current && sealingKey(current, PURPOSE);
    this.#fingerprints = current && sealingKey(current, FINGERPRINT_PURPOSE);
    const former = previous.map((key) => sealingKey(key, PURPOSE));
    this.#opens = this.#seals === null ? former : [this.#seals, ...former];
  }

  /** Whether there is a key to seal by. */
  get canSeal(): boolean {
    return this.#seals !== null;
  }

  /** Throws `master_key_missing` with the remedy. */
  seal(
    secret: ProviderSecret,
    place: SealedPlace,
  ): { readonly sealed: Uint8Array; readonly fingerprint: string } {
    if (this.#seals === null || this.#fingerprints === null) throw missingMasterKey();
    const text = secretText(secret);
    return {
      sealed: seal(this.#seals, Buffer.from(text), placeText(place)),
      // Keyed: of a plain hash, a guessed secret could be told to be right.
      fingerprint: createHmac('sha256', this.#fingerprints.secret)
        .update(text)
        .digest('hex')
        .slice(0, FINGERPRINT_HEX),
    };
  }

  open(sealed: Uint8Array, place: SealedPlace): OpenedSecret {
    const opened = unseal(this.#opens, sealed, placeText(place));
    const keyId = opened.ok ? keyIdOf(sealed) : opened.keyId;
    if (!opened.ok) return { ok: false, why: opened.why, keyId };
    const secret = secretFrom(Buffer.from(opened.bytes).toString());
    if (secret === null) return { ok: false, why: 'damaged', keyId };
    return { ok: true, secret, current: keyId === this.#seals?.id };
  }
}

export function missingMasterKey(): GatewayError {
  return new GatewayError(
    'master_key_missing',
    'Provider keys are stored sealed, and there is no master key to seal them by. Set SWITCHYARD_MASTER_KEY (make one with `openssl rand -base64 32`), or SWITCHYARD_MASTER_KEY_FILE or SWITCHYARD_MASTER_KEY_COMMAND, and start the gateway again. Keep it: without it nobody can open what it sealed.',
  );
}

/** An array, so that no two places make the same text. */
function placeText({ id, version, provider, keyId }: SealedPlace): string {
  return JSON.stringify(['provider key', id, version, provider, keyId]);
}

/** Where lib/seal.ts writes it: after the version, eight bytes. */
function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('hex', 1, 9);
}
