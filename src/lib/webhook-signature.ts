// Signatures of webhooks as Standard Webhooks 1.0.0 have them: HMAC-SHA256 over id, time and body, in base64.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** What the standard wants a key to have. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** What a configuration is told where a secret is none. */
export const SECRET_FORMS =
  'must be whsec_ and 24 to 64 bytes in base64, or 24 to 64 bytes of text';

/** `whsec_` and base64; what has no such prefix is the key itself. Null: it is none. */
export function webhookKey(secret: string): Uint8Array | null {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : null;
  const bytes = text === null ? Buffer.from(secret) : Buffer.from(text, 'base64');
  if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) return null;
  if (text === null) return bytes;
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null;
}

/**
 * The headers a webhook goes out with.
 * @param id the same in every attempt: by it a receiver knows what it has had
 * @param at of this attempt, Unix milliseconds: receivers refuse what is older than some minutes
 * @param key null: it is not signed
 */
export function webhookHeaders(
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
  key: Uint8Array | null,
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(at / 1000));
  const named = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (key === null) return named;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...named, 'webhook-signature': `v1,${signature}` };
}
