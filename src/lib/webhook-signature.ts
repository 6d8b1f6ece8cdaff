// Signatures of webhooks as Standard Webhooks 1.0.0 have them: HMAC-SHA256 over id, time and body, in base64.
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** `whsec_` and 24 to 64 bytes in base64. */
export function isSigningSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return false;
  const { length } = Buffer.from(encoded, 'base64');
  return length >= MIN_BYTES && length <= MAX_BYTES;
}

/**
 * The headers a webhook goes out with.
 * @param id the same in every attempt: by it a receiver knows what it has had
 * @param at of this attempt, Unix milliseconds: receivers refuse what is older than some minutes
 * @param secret null: it is not signed
 */
export function webhookHeaders(
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
  secret: string | null,
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(at / 1000));
  const named = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === null) return named;
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...named, 'webhook-signature': `v1,${signature}` };
}
