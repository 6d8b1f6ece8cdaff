// Who is calling: every place a key may stand in a request, tried against the keys we know.
import { GatewayError } from '../../core/errors.ts';
import type { KeyCheck, KeyRecord } from '../../core/key.ts';
import type { Keys } from './keys.ts';

/** Why a secret that somebody holds no longer opens anything: told to its holder only. */
const CLOSED: { readonly [state in Exclude<KeyCheck['state'], 'valid' | 'unknown'>]: string } = {
  expired: 'This key has expired. Ask the operator for a new one.',
  disabled: 'This key is switched off. Ask the operator to switch it on again.',
  replaced: 'This key was replaced by a new one, and the time for both is over. Use the new one.',
};

/** The record of the caller's key. Throws `missing_key` or `invalid_key`, saying how to send one. */
export function authenticate(headers: Headers, keys: Pick<Keys, 'authenticate'>): KeyRecord {
  let sent = false;
  let closed: string | null = null;
  for (const secret of secretsIn(headers)) {
    sent = true;
    const check = keys.authenticate(secret);
    if (check.state === 'valid') return check.key;
    if (check.state !== 'unknown') closed ??= CLOSED[check.state];
  }
  if (!sent) {
    throw new GatewayError(
      'missing_key',
      'No key was sent. Send one as "Authorization: Bearer <key>" or "x-api-key: <key>"; `switchyard keys create` makes one.',
    );
  }
  throw new GatewayError(
    'invalid_key',
    closed ?? 'This key is not known here. Check it, or make one with `switchyard keys create`.',
  );
}

/** Throws `forbidden` unless the key is an admin key. */
export function requireAdmin(key: KeyRecord): void {
  if (key.role !== 'admin')
    throw new GatewayError(
      'forbidden',
      'This needs an admin key; the key sent is an inference key.',
    );
}

function secretsIn(headers: Headers): readonly string[] {
  const secrets: string[] = [];
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const space = authorization.indexOf(' ');
    const scheme = authorization.slice(0, space).toLowerCase();
    const value = authorization.slice(space + 1).trim();
    if (scheme === 'bearer') secrets.push(value);
    if (scheme === 'basic') secrets.push(...basicSecrets(value));
  }
  for (const name of ['x-api-key', 'api-key']) {
    const value = headers.get(name);
    if (value !== null && value !== '') secrets.push(value);
  }
  return secrets;
}

/** A Basic value is the key itself, or base64 of `user:key` or `key:`. */
function basicSecrets(value: string): readonly string[] {
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) return [value];
  const password = decoded.slice(colon + 1);
  return [value, password === '' ? decoded.slice(0, colon) : password];
}
