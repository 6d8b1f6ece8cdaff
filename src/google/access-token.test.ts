// Against a token endpoint of our own that checks signatures as Google's does, over real HTTP.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { generateKeyPairSync, verify } from 'node:crypto';
import type { Server } from 'bun';
import { GatewayError } from '../core/errors.ts';
import type { GoogleCredentials } from '../core/plan.ts';
import { forgetGoogleToken, googleToken } from './access-token.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const NOW = Date.parse('2026-01-01T00:00:00Z');

let server: Server<undefined>;
let asked: { readonly form: URLSearchParams; readonly headers: Headers }[] = [];
let answer: (form: URLSearchParams) => Response | Promise<Response>;

beforeAll(() => {
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const form = new URLSearchParams(await request.text());
      asked.push({ form, headers: request.headers });
      return answer(form);
    },
  });
});
beforeEach(() => {
  asked = [];
  answer = (form) =>
    Response.json({ access_token: `token-${asked.length}-${holds(form)}`, expires_in: 3600 });
});
afterAll(() => server.stop(true));

/** Whether the assertion is signed with the account's key. */
function holds(form: URLSearchParams): boolean {
  const [header = '', claim = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const signed = Buffer.from(`${header}.${claim}`);
  return verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'));
}

function claimOf(form: URLSearchParams | undefined): unknown {
  const [, claim = ''] = (form?.get('assertion') ?? '').split('.');
  return JSON.parse(Buffer.from(claim, 'base64url').toString());
}

function account(privateKeyText = PEM): GoogleCredentials {
  return {
    kind: 'service-account',
    clientEmail: 'it@p.iam.gserviceaccount.com',
    privateKey: privateKeyText,
    keyId: 'k1',
    tokenUrl: `http://127.0.0.1:${server.port}/token`,
  };
}

async function failureOf(work: () => string | Promise<string>): Promise<GatewayError> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('it should have failed');
}

describe('a service account', () => {
  test('proves itself with a signed claim', async () => {
    expect(await googleToken(account(), NOW)).toBe('token-1-true');
    const form = asked[0]?.form;
    expect(form?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(claimOf(form)).toEqual({
      iss: 'it@p.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: `http://127.0.0.1:${server.port}/token`,
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    });
  });

  test('whose key cannot be read is the operator’s to mend', async () => {
    const failure = await failureOf(() => googleToken(account('no key'), NOW));
    expect(failure.code).toBe('upstream_auth');
    expect(failure.message).toContain('Download a new key');
    expect(asked).toHaveLength(0);
  });
});

describe('a token', () => {
  test('is kept until a minute before its end, then fetched anew', async () => {
    const credentials = account();
    await googleToken(credentials, NOW);
    expect(googleToken(credentials, NOW + 3_539_000)).toBe('token-1-true');
    expect(asked).toHaveLength(1);
    expect(await googleToken(credentials, NOW + 3_541_000)).toBe('token-2-true');
    expect(asked).toHaveLength(2);
  });

  test('is fetched once for all who wait for it', async () => {
    const credentials = account();
    const all = await Promise.all(Array.from({ length: 20 }, () => googleToken(credentials, NOW)));
    expect(new Set(all)).toEqual(new Set(['token-1-true']));
    expect(asked).toHaveLength(1);
  });

  test('that was refused is forgotten', async () => {
    const credentials = account();
    await googleToken(credentials, NOW);
    forgetGoogleToken(credentials);
    expect(await googleToken(credentials, NOW)).toBe('token-2-true');
  });
});

describe('other credentials', () => {
  test('a person’s are traded for a token', async () => {
    const token = await googleToken(
      {
        kind: 'authorized-user',
        clientId: 'c',
        clientSecret: 's',
        refreshToken: 'r',
        tokenUrl: `http://127.0.0.1:${server.port}/token`,
      },
      NOW,
    );
    expect(token).toBe('token-1-false');
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'refresh_token',
      client_id: 'c',
      client_secret: 's',
      refresh_token: 'r',
    });
  });

  test('a machine’s are asked for by name', async () => {
    const tokenUrl = `http://127.0.0.1:${server.port}/computeMetadata`;
    await googleToken({ kind: 'machine', tokenUrl }, NOW);
    expect(asked[0]?.headers.get('metadata-flavor')).toBe('Google');
  });
});

describe('a failure', () => {
  test('is told with what to do, without a secret, and not remembered', async () => {
    const credentials = account();
    answer = () =>
      Response.json(
        { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
        { status: 400 },
      );
    const failure = await failureOf(() => googleToken(credentials, NOW));
    expect(failure.code).toBe('upstream_auth');
    expect(failure.message).toContain('invalid_grant: Invalid JWT Signature.');
    expect(failure.message).toContain('credentials_file');
    expect(failure.message).not.toContain('127.0.0.1');
    answer = () => Response.json({ access_token: 'fine', expires_in: 3600 });
    expect(await googleToken(credentials, NOW)).toBe('fine');
  });

  test('of the endpoint itself is passing', async () => {
    answer = () => new Response('', { status: 503 });
    expect((await failureOf(() => googleToken(account(), NOW))).code).toBe('upstream_unavailable');
    const nowhere = { ...account(), tokenUrl: 'http://127.0.0.1:1/token' };
    expect((await failureOf(() => googleToken(nowhere, NOW))).code).toBe('upstream_unreachable');
  });
});
