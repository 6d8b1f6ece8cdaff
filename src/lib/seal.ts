// Sealing: bytes only the holder of a key can read or change unnoticed (AES-256-GCM), each naming the key that opens it.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export const KEY_BYTES = 32;
const VERSION = 1;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** version, key id, nonce; then the sealed bytes, then the tag. */
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
const CIPHER = 'aes-256-gcm';

/** One key for one purpose. It has its master key's id, and what is sealed for one purpose does not open for another. */
export interface SealingKey {
  /** 16 hex digits: which master key it is of, and nothing of what that is. */
  readonly id: string;
  readonly secret: Uint8Array;
}

export type Unsealed =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `no-key`: sealed by a key that is not among these; `damaged`: changed since, or sealed for another place. */
  | { readonly ok: false; readonly why: 'no-key' | 'damaged'; readonly keyId: string };

export function sealingKey(master: Uint8Array, purpose: string): SealingKey {
  const id = createHash('sha256').update('switchyard key id\n').update(master).digest('hex');
  const secret = new Uint8Array(
    hkdfSync('sha256', master, new Uint8Array(), `switchyard ${purpose}`, KEY_BYTES),
  );
  return { id: id.slice(0, 2 * KEY_ID_BYTES), secret };
}

/**
 * A random nonce each time: up to some four billion things may be sealed by one key.
 * @param place what it belongs to (a row's id): moved to another place it does not open.
 */
export function seal(
  key: SealingKey,
  bytes: Uint8Array,
  place: string,
  random: (bytes: number) => Uint8Array = randomBytes,
): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = VERSION;
  header.write(key.id, 1, 'hex');
  const nonce = random(NONCE_BYTES);
  header.set(nonce, 1 + KEY_ID_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce);
  cipher.setAAD(sealedWith(header, place));
  return Buffer.concat([header, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** @param keys the one in use and those it followed. */
export function unseal(keys: readonly SealingKey[], sealed: Uint8Array, place: string): Unsealed {
  const all = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const keyId = all.toString('hex', 1, 1 + KEY_ID_BYTES);
  if (all.length < HEADER_BYTES + TAG_BYTES || all[0] !== VERSION)
    return { ok: false, why: 'damaged', keyId };
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) return { ok: false, why: 'no-key', keyId };
  const header = all.subarray(0, HEADER_BYTES);
  const decipher = createDecipheriv(CIPHER, key.secret, header.subarray(1 + KEY_ID_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(sealedWith(header, place));
  decipher.setAuthTag(all.subarray(all.length - TAG_BYTES));
  try {
    const opened = decipher.update(all.subarray(HEADER_BYTES, all.length - TAG_BYTES));
    return { ok: true, bytes: Buffer.concat([opened, decipher.final()]) };
  } catch {
    return { ok: false, why: 'damaged', keyId };
  }
}

function sealedWith(header: Buffer, place: string): Buffer {
  return Buffer.concat([header, Buffer.from(place)]);
}
