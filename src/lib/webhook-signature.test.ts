// Signatures of Standard Webhooks, by the example that its libraries are tested with, and what is a secret.
import { expect, test } from 'bun:test';
import { webhookHeaders, webhookKey } from './webhook-signature.ts';

test('are those of the published example', () => {
  const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const named = { 'webhook-id': id, 'webhook-timestamp': '1614265330' };
  const sent = { id, at: 1_614_265_330_999, body: '{"test": 2432232314}' };
  expect(webhookHeaders(sent, key)).toEqual({
    ...named,
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  expect(webhookHeaders(sent, null)).toEqual(named);
});

test('a secret is 24 to 64 bytes, in base64 behind the prefix or as they are', () => {
  const plain = 'a plain secret, of twenty-four bytes or more';
  expect(webhookKey(plain)).toEqual(Buffer.from(plain));
  const key = Buffer.alloc(24, 7);
  expect(webhookKey(`whsec_${key.toString('base64')}`)).toEqual(key);
  expect(webhookKey(`whsec_${Buffer.alloc(32).toString('base64').replace('=', '')}`)).toHaveLength(
    32,
  );
  const none = [
    '',
    'short',
    'x'.repeat(65),
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${'not base64!'.repeat(5)}`,
  ];
  for (const secret of none) expect(webhookKey(secret)).toBeNull();
});
