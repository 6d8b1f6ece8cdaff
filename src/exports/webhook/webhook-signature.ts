// Signatures of Standard Webhooks 1.0.0: id, time and body under a secret that the receiver has too.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

export interface Signed {
  readonly id: string;
  /** Of this try: seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** `whsec_` and base64; what has no such prefix is the secret's own bytes. Null: it is none. */
export function webhookKey(secret: string): Uint8Array | null {
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret);
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64');
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return isBase64 && bytes.length > 0 ? bytes : null;
}

export function webhookHeaders(key: Uint8Array, { id, timestamp, body }: Signed) {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}
