// Secrets as people give them: what is one, what is refused, and that no refusal repeats any of it.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../lib/json.ts';
import { readOwnKeyHeader } from './own-key-header.ts';
import { providerKeyOf, readSecret, secretFrom, secretText } from './provider-secret.ts';

const RULES = { where: 'secret', ownTokenUrl: true };
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIplanted\n-----END PRIVATE KEY-----\n';
const ACCOUNT = {
  type: 'service_account',
  client_email: 'a@b.example',
  private_key: PEM,
  private_key_id: 'k1',
  project_id: 'p1',
};
const PAIR = { access_key_id: 'AKIAPLANTED', secret_access_key: 'planted/+=', region: 'eu-west-1' };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'invalid_request') return thrown.message;
    throw thrown;
  }
  return '';
}

describe('a secret', () => {
  test('is a plain key, an AWS pair or a service account, as an object or its text', () => {
    const label = 'x';
    expect(providerKeyOf(readSecret(' sk-planted \n', RULES), { label })).toEqual({
      label,
      secret: 'sk-planted',
    });
    for (const given of [PAIR, JSON.stringify(PAIR)])
      expect(providerKeyOf(readSecret(given, RULES), { label })).toEqual({
        label,
        secret: 'planted/+=',
        aws: { accessKeyId: 'AKIAPLANTED', secretAccessKey: 'planted/+=', region: 'eu-west-1' },
      });
    const google = providerKeyOf(readSecret(JSON.stringify(ACCOUNT), RULES), { label });
    expect(google).toEqual({
      label,
      secret: PEM,
      google: {
        kind: 'service-account',
        clientEmail: 'a@b.example',
        privateKey: PEM,
        keyId: 'k1',
        projectId: 'p1',
        tokenUrl: 'https://oauth2.googleapis.com/token',
      },
    });
  });

  test('comes back from its text as it was', () => {
    for (const given of ['sk-planted', PAIR, ACCOUNT]) {
      const secret = readSecret(given, RULES);
      expect(secretFrom(secretText(secret))).toEqual(secret);
    }
    expect([secretFrom('{}'), secretFrom('planted')]).toEqual([null, null]);
  });

  test('that is none is refused without any of it', () => {
    const none: readonly Json[] = [
      ...['', 'p', 'planted planted', 'planted\u0007', 'plantéd', `planted${'x'.repeat(8200)}`],
      ...['sk-planted***', 'sk-pl…', 'sk-pl...', '<planted>', '•••planted', 'XXXXXXplanted'],
      ...[null, 7, [], { planted: 1 }, { ...PAIR, planted: 1 }],
      ...[
        { ...PAIR, region: 'planted.example/' },
        { ...PAIR, region: '' },
      ],
      ...[
        { ...PAIR, secret_access_key: '****' },
        { ...PAIR, session_token: 'a b' },
      ],
      ...[
        { ...ACCOUNT, private_key: 'planted' },
        { ...ACCOUNT, client_email: '' },
      ],
      { ...ACCOUNT, token_uri: 'file:///planted' },
      // Cut off, with and without blanks.
      ...[JSON.stringify(ACCOUNT).slice(0, -9), '{"planted"', `${JSON.stringify(PAIR)}planted`],
      ...[JSON.stringify(ACCOUNT, null, 2).slice(0, 90), JSON.stringify(PAIR).slice(0, 40)],
    ];
    for (const given of none) {
      const message = refusal(() => readSecret(given, RULES));
      expect([given, message === '']).toEqual([given, false]);
      expect(message).not.toContain('plant');
    }
  });

  test('of a service account may not send this machine anywhere where a caller brings it', () => {
    const given = { ...ACCOUNT, token_uri: 'http://10.0.0.1/token' };
    expect(refusal(() => readSecret(given, RULES))).toBe('');
    expect(refusal(() => readSecret(given, { ...RULES, ownTokenUrl: false }))).toContain(
      'token_uri',
    );
  });
});

describe('the header', () => {
  test('holds keys by provider, separated by commas, percent-encoded where need be', () => {
    const pair = encodeURIComponent(JSON.stringify(PAIR));
    const found = readOwnKeyHeader(`OpenAI=sk-a=b, groq = gsk%25%2C ,bedrock=${pair}`);
    expect([...found]).toEqual([
      ['openai', { kind: 'plain', key: 'sk-a=b' }],
      ['groq', { kind: 'plain', key: 'gsk%,' }],
      ['bedrock', expect.objectContaining({ kind: 'aws' })],
    ]);
  });

  test('in no good form names itself and nothing that stands in it', () => {
    const bad = [
      ...['', ',', 'planted', '=planted', 'planted plant=x', 'openai=planted,', 'openai=%planted'],
      ...['openai=planted,openai=planted', Array(20).fill('x=planted').join(',')],
      ...[
        `google-vertex=${encodeURIComponent(JSON.stringify({ ...ACCOUNT, token_uri: 'http://planted' }))}`,
      ],
    ];
    for (const text of bad) {
      const message = refusal(() => readOwnKeyHeader(text));
      expect([text, message.startsWith('x-switchyard-provider-key')]).toEqual([text, true]);
      expect(message).not.toContain('plant');
    }
  });
});
