// What a provider says of itself is kept; where it lives and what opens it is not.
import { describe, expect, test } from 'bun:test';
import { MAX_MESSAGE_CHARS, scrub } from './scrub.ts';

describe('scrub', () => {
  test.each([
    [
      'Incorrect API key provided: sk-proj-********************abcd.',
      'Incorrect API key provided: [redacted]',
    ],
    [
      'You can find your key at https://platform.example.com/account/api-keys?x=1 now',
      'You can find your key at [redacted] now',
    ],
    ['Authorization: Bearer abc.DEF-123_456 refused', 'Authorization: [redacted] refused'],
    ['Invalid key gsk_AbCdEfGh12345678', 'Invalid key [redacted]'],
    ['key AKIAIOSFODNN7EXAMPLE1 is unknown', 'key [redacted] is unknown'],
    ['token eyJhbGciOi.eyJzdWIiOiIx.SflKxwRJ expired', 'token [redacted] expired'],
    ['secret 4f9a0c6d8b2e4f9a0c6d8b2e4f9a0c6d8b2e4f9a', 'secret [redacted]'],
    ['upstream 10.0.0.5:8000 refused', 'upstream [redacted] refused'],
    ['upstream [2001:db8:0:0:0:0:0:1]:443 refused', 'upstream [redacted] refused'],
    ['getaddrinfo ENOTFOUND vllm-7.models.svc.cluster.local', 'getaddrinfo ENOTFOUND [redacted]'],
    ['connect to localhost:11434 failed', 'connect to [redacted] failed'],
    ['through our help center at help.example.com if', 'through our help center at [redacted] if'],
    ['at internal-host.example:9999 now', 'at [redacted] now'],
    ['(db-1.rack.example:443)', '([redacted])'],
    ['write to ops@example.com', 'write to [redacted]'],
    [
      'Rate limit reached in organization org-AbC123xyz on tokens',
      'Rate limit reached in organization [redacted] on tokens',
    ],
  ])('%s', (message, expected) => {
    expect(scrub(message)).toBe(expected);
  });

  test.each([
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens.",
    "Invalid 'messages[3].content[0].image_url': expected an object, got 1.5.",
    'The model `gpt-5.4-mini` does not exist or you do not have access to it. (llama-3.1-8b, glm-4.7)',
    'Unsupported value: temperature does not support 0.2 with this model; max_completion_tokens: 4096:2',
    'Please try again in 1m30.5s. Limit: 10000 / min, used 9999.',
    'Overloaded',
    'File "engine/core.py:1201", main.go:8080, worker.rs:1201:7, at 10:30:4500, llama3.2:8000',
    'qwen2.5-coder:32b, gpt-4.1, max_tokens:4096, usage.prompt_tokens:4096, Note:2048 tokens',
  ])('keeps %s', (message) => {
    expect(scrub(message)).toBe(message);
  });

  test('cuts what is too long, and never leaves a secret at the cut', () => {
    const long = scrub(`${'word '.repeat(395)}sk-proj-${'a1'.repeat(200)} ${'tail '.repeat(3000)}`);
    expect(long.length).toBe(MAX_MESSAGE_CHARS);
    expect(long).not.toContain('a1a1');
  });

  test('takes hostile text in linear time', () => {
    for (const piece of ['a-', 'a.', '1.', 'aA1', '[', 'sk-', '://', '@', ':0', '    ']) {
      const started = performance.now();
      scrub(piece.repeat(100_000));
      expect(performance.now() - started).toBeLessThan(500);
    }
  });
});
