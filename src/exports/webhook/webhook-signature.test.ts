// Signatures of Standard Webhooks, by the example that its libraries are tested with.
import { expect, test } from 'bun:test';
import { webhookHeaders, webhookKey } from './webhook-signature.ts';

test('are those of the published example', () => {
  const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const signed = { id, timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
  expect(webhookHeaders(key ?? new Uint8Array(), signed)).toEqual({
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a secret without the prefix is its own bytes; one that is damaged is none', () => {
  expect(webhookKey('plain')).toEqual(Buffer.from('plain'));
  expect(webhookKey('whsec_')).toBeNull();
  expect(webhookKey('whsec_not base64!')).toBeNull();
});
