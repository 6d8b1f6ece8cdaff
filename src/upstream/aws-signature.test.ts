// Signatures against the vendor's published test suite, and the spelling of names in paths against a narrow reading.
import { describe, expect, test } from 'bun:test';
import { createHash, createHmac } from 'node:crypto';
import { awsSignature } from './aws-signature.ts';

/** docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html */
const SUITE = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const AT = Date.UTC(2015, 7, 30, 12, 36, 0);

describe('the published suite', () => {
  test.each([
    ['GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('%s-vanilla', async (method, signature) => {
    const request = { method, url: 'https://example.amazonaws.com/', headers: {}, body: '' };
    expect(await awsSignature(SUITE, 'service', request, AT)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    });
  });
});

test.each([
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/abc',
  'name with (odd) characters*!~',
])('the name %p is encoded in the path, and once more in what is signed', async (model) => {
  const path = `/model/${encodeURIComponent(model)}/converse-stream`;
  const body = '{"messages":[]}';
  const headers = await awsSignature(
    { ...SUITE, sessionToken: 'token' },
    'bedrock',
    {
      method: 'POST',
      url: `https://bedrock-runtime.us-east-1.amazonaws.com${path}`,
      headers: { accept: 'x' },
      body,
    },
    AT,
  );
  const strict = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = `POST\n${path.split('/').map(strict).join('/')}\n\nhost:bedrock-runtime.us-east-1.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-security-token:token\n\nhost;x-amz-date;x-amz-security-token\n${hash(body)}`;
  const scope = '20150830/us-east-1/bedrock/aws4_request';
  const key = scope
    .split('/')
    .reduce<Buffer | string>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${SUITE.secretAccessKey}`,
    );
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${hash(canonical)}`)
    .digest('hex');
  expect(headers.authorization).toEndWith(`Signature=${signature}`);
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers.accept).toBeUndefined();
});

test('a day’s keys are not used on the next', async () => {
  const request = { method: 'POST', url: 'https://example.amazonaws.com/', headers: {}, body: '' };
  const first = await awsSignature(SUITE, 'service', request, AT);
  const next = await awsSignature(SUITE, 'service', request, AT + 24 * 3600_000);
  expect(next.authorization).toContain('/20150831/');
  expect(await awsSignature(SUITE, 'service', request, AT)).toEqual(first);
});
