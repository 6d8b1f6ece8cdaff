// ProviderSecret: what a provider is shown as proof, as somebody gave it: a plain key, an AWS pair, a Google service account.
import { invalid } from '../core/errors.ts';
import type { AwsCredentials, GoogleCredentials, ProviderKey } from '../core/plan.ts';
import { asObject, asString, type Json, type JsonObject, parseJson } from '../lib/json.ts';

export type ProviderSecret =
  | { readonly kind: 'plain'; readonly key: string }
  | { readonly kind: 'aws'; readonly aws: AwsCredentials }
  | { readonly kind: 'google'; readonly google: ServiceAccount };

type ServiceAccount = Extract<GoogleCredentials, { kind: 'service-account' }>;

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
/** Longer ones than any maker's; Google's tokens come near. */
const MAX_KEY_CHARS = 8192;
const MIN_KEY_CHARS = 3;
/** It travels in a header: no spaces, no control characters, nothing outside ASCII. */
const TRAVELS = /^[\x21-\x7e]+$/;
/** It becomes part of a host's name. */
const REGION = /^[a-z0-9]+(?:-[a-z0-9]+){1,5}$/;
/** What screens and logs show in place of a secret. No maker's keys hold any of these. */
const MASKED = /\*{3,}|\.{3,}|[…•●∗]|\[redacted\]|x{6,}|^<.*>$/i;

const AWS_FIELDS = ['access_key_id', 'secret_access_key', 'session_token', 'region'];

export interface SecretRules {
  /** Where it stands in the request, as messages name it. */
  readonly where: string;
  /** Whether a service account may name where its tokens are fetched: not where a caller could send this machine anywhere. */
  readonly ownTokenUrl: boolean;
}

/** A text, an AWS pair or the content of a service account's key file. Throws `invalid_request`, which holds none of it. */
export function readSecret(given: Json | undefined, rules: SecretRules): ProviderSecret {
  if (typeof given === 'string') {
    const text = given.trim();
    if (!text.startsWith('{')) return plain(text, rules.where);
    const inside = asObject(parseJson(text));
    if (inside === undefined)
      throw invalid(
        rules.where,
        'begins with "{" and is no whole JSON: a part of it is missing. Send all of the key file',
      );
    return structured(inside, rules);
  }
  const object = asObject(given);
  if (object === undefined)
    throw invalid(
      rules.where,
      'must be the provider’s key: a text, {access_key_id, secret_access_key, region} or a Google service account',
    );
  return structured(object, rules);
}

function plain(key: string, where: string): ProviderSecret {
  return { kind: 'plain', key: checked(key, where) };
}

function structured(object: JsonObject, rules: SecretRules): ProviderSecret {
  if (object.type === 'service_account') return { kind: 'google', google: account(object, rules) };
  if (object.access_key_id !== undefined) return { kind: 'aws', aws: pair(object, rules.where) };
  throw invalid(
    rules.where,
    'is neither an AWS pair (access_key_id, secret_access_key, region) nor a Google service account (type "service_account")',
  );
}

function pair(object: JsonObject, where: string): AwsCredentials {
  const unknown = Object.keys(object).some((name) => !AWS_FIELDS.includes(name));
  if (unknown)
    throw invalid(where, `has a field that is none of an AWS pair: ${AWS_FIELDS.join(', ')}`);
  const region = asString(object.region) ?? '';
  if (!REGION.test(region))
    throw invalid(`${where}.region`, 'must be an AWS region such as "us-east-1"');
  const token = object.session_token;
  return {
    accessKeyId: checked(asString(object.access_key_id), `${where}.access_key_id`),
    secretAccessKey: checked(asString(object.secret_access_key), `${where}.secret_access_key`),
    ...(token === undefined || token === null
      ? {}
      : { sessionToken: checked(asString(token), `${where}.session_token`) }),
    region,
  };
}

function account(object: JsonObject, { where, ownTokenUrl }: SecretRules): ServiceAccount {
  const clientEmail = asString(object.client_email) ?? '';
  const privateKey = asString(object.private_key) ?? '';
  const keyId = asString(object.private_key_id);
  const projectId = asString(object.project_id);
  const tokenUrl = asString(object.token_uri) ?? TOKEN_URL;
  if (clientEmail === '') throw invalid(`${where}.client_email`, 'is missing');
  if (!privateKey.includes('-----BEGIN') || isMasked(privateKey))
    throw invalid(
      `${where}.private_key`,
      'must be the PEM text of the key file, as it stands there',
    );
  if (tokenUrl !== TOKEN_URL && !ownTokenUrl)
    throw invalid(`${where}.token_uri`, `must be ${TOKEN_URL}, or be left out`);
  if (!/^https?:\/\/[^\s]+$/.test(tokenUrl))
    throw invalid(`${where}.token_uri`, 'must be an http:// or https:// URL');
  return {
    kind: 'service-account',
    clientEmail,
    privateKey,
    tokenUrl,
    ...(keyId === undefined ? {} : { keyId }),
    ...(projectId === undefined ? {} : { projectId }),
  };
}

/** Half of what is called a lost key is a mask that somebody sent back. */
function checked(text: string | undefined, where: string): string {
  if (text === undefined || text === '') throw invalid(where, 'must be a text that is not empty');
  if (isMasked(text))
    throw invalid(
      where,
      'looks like a masked value, not a key. Secrets are never shown: leave it out to keep what is stored, or send the whole key',
    );
  if (text.length < MIN_KEY_CHARS || text.length > MAX_KEY_CHARS)
    throw invalid(where, `must have ${MIN_KEY_CHARS} to ${MAX_KEY_CHARS} characters`);
  if (!TRAVELS.test(text))
    throw invalid(where, 'holds spaces, line breaks or other characters that no key has');
  return text;
}

function isMasked(text: string): boolean {
  return MASKED.test(text);
}

/** The key as requests go out with it. */
export function providerKeyOf(
  secret: ProviderSecret,
  known: Pick<ProviderKey, 'label' | 'own' | 'weight'>,
): ProviderKey {
  switch (secret.kind) {
    case 'plain':
      return { ...known, secret: secret.key };
    case 'aws':
      return { ...known, secret: secret.aws.secretAccessKey, aws: secret.aws };
    case 'google':
      return { ...known, secret: secret.google.privateKey, google: secret.google };
  }
}

/** The same text for the same secret. */
export function secretText(secret: ProviderSecret): string {
  return JSON.stringify(secret);
}

/** What `secretText` gave; null where it is none. It was checked when it came. */
export function secretFrom(text: string): ProviderSecret | null {
  const object = asObject(parseJson(text));
  const known = object?.kind === 'plain' || object?.kind === 'aws' || object?.kind === 'google';
  return known ? (object as unknown as ProviderSecret) : null;
}
