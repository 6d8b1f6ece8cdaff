// What a target's own key and address look like does not matter: they are taken out of its errors all the same.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { Provider } from '../core/provider.ts';
import { redacted } from './redact.ts';

const at = (baseUrl: string): Provider => ({
  id: 'lab',
  name: 'lab',
  dialect: 'openai-chat',
  baseUrl,
  auth: { kind: 'bearer' },
  env: [],
  quirks: {},
  docs: [],
});
const key = { label: 'key-1', secret: 'plain words' };

describe('redacted', () => {
  test('key and address go, wherever they stand; the rest stays', () => {
    const error = new GatewayError('upstream_auth', 'plain words refused by llm.intra:8000', {
      param: 'plain words',
      upstreamCode: 'no_plain words',
      upstreamStatus: 401,
      retryAfterS: 3,
    });
    const clean = redacted(error, at('http://llm.intra:8000/v1'), key);
    expect(clean.message).toBe('[redacted] refused by [redacted]');
    expect(clean.code).toBe('upstream_auth');
    expect(clean.details).toEqual({
      param: '[redacted]',
      upstreamCode: 'no_[redacted]',
      upstreamType: undefined,
      upstreamStatus: 401,
      retryAfterS: 3,
    });
  });

  test.each([
    ['http://vllm:8000/v1', 'vllm is loading', 'vllm is loading'],
    ['http://vllm:8000/v1', 'vllm:8000 is loading', '[redacted] is loading'],
    ['http://vllm:8000/v1', 'asked VLLM:8000 and vllm:9999', 'asked [redacted] and [redacted]'],
    ['https://Llm-7.Example/v1', 'ask LLM-7.example or', 'ask [redacted] or'],
    ['https://llm.intra/v1', 'ask llm.intra', 'ask [redacted]'],
    ['https://llm/v1', 'the llm is down', 'the llm is down'],
  ])('%s: %s', (baseUrl, message, told) => {
    const error = new GatewayError('upstream_error', message);
    expect(redacted(error, at(baseUrl), null).message).toBe(told);
  });

  test('what an address carries goes too', () => {
    const error = new GatewayError('upstream_error', 'someone and secret-one with secret-two');
    const provider = at('https://someone:secret-one@llm.intra/v1?token=secret-two');
    expect(redacted(error, provider, null).message).toBe(
      '[redacted] and [redacted] with [redacted]',
    );
  });

  test('a place that is prose is read as prose', () => {
    const of = (param: string) =>
      redacted(new GatewayError('upstream_error', 'busy', { param }), at('http://a.intra/v1'), null)
        .details.param;
    expect(of('messages[0].api_key_hint')).toBe('messages[0].api_key_hint');
    expect(of('asked https://other.internal.example:8443/v1')).toBe('asked [redacted]');
  });

  test('an error that tells nothing is the same error', () => {
    const error = new GatewayError('upstream_error', 'busy');
    expect(redacted(error, at('https://llm.intra/v1'), key)).toBe(error);
    const short = { label: 'key-1', secret: 'k' };
    expect(redacted(error, at('https://llm.intra/v1'), short)).toBe(error);
  });
});
