// A virtual key's secret: what it looks like, what of it may be shown, and the hash that is kept instead of it.
import { hash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const SHOWN_CHARS = 9;

/** `sy-` and 32 random bytes in base64url. */
export function newSecret(random: (bytes: number) => Uint8Array = randomBytes): string {
  return `sy-${Buffer.from(random(SECRET_BYTES)).toString('base64url')}`;
}

/** SHA-256, lower-case hex. Unsalted on purpose: 256 random bits cannot be guessed, and the hash is the look-up key. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** `sy-` and six characters: tells keys apart, and leaves 220 bits unknown. Of a short secret, a quarter at most. */
export function shownPrefix(secret: string): string {
  return secret.slice(0, Math.min(SHOWN_CHARS, Math.floor(secret.length / 4)));
}
