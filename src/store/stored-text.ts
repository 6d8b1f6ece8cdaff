// Texts of callers as databases take them: whole characters, and no longer than an index holds.
import { createHash } from 'node:crypto';

/** UTF-8. PostgreSQL's indexes hold 2704 bytes in all, and the sums' key is of eight such texts. */
const MAX_BYTES = 256;
const HASH_DIGITS = 32;
const CUT = '…';
const HEAD_BYTES = MAX_BYTES - HASH_DIGITS - Buffer.byteLength(CUT);

/** PostgreSQL takes no NUL in a text, and no encoding takes half a surrogate pair: a caller's odd byte must not cost the row. */
export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
}

/**
 * As it stands in an index: a long one is its beginning and a hash of it all, so that two that differ stay two. Whoever
 * looks for a text looks for this. Done again it changes nothing.
 */
export function indexable(text: string): string {
  const whole = storable(text);
  // A UTF-16 unit is at most three bytes.
  if (whole.length * 3 <= MAX_BYTES || Buffer.byteLength(whole) <= MAX_BYTES) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_DIGITS);
  const head = Buffer.from(whole.slice(0, HEAD_BYTES)).subarray(0, HEAD_BYTES);
  // Leaves out a character that was cut.
  return new TextDecoder().decode(head, { stream: true }) + CUT + hash;
}
