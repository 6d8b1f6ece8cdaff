// The cache field in one line: every parameter of it, and a refusal that names what it cannot read.
import { describe, expect, test } from 'bun:test';
import { cacheHeader } from './cache-header.ts';
import { GatewayError } from './errors.ts';

describe('cacheHeader', () => {
  test.each([
    ['off', { mode: 'off' }],
    [' exact ', { mode: 'exact' }],
    ['exact; ttl=10m', { mode: 'exact', ttl: 600_000 }],
    ['exact;TTL=90', { mode: 'exact', ttl: 90_000 }],
    ['ttl=1.5', { ttl: 1500 }],
    [
      'semantic; ttl=1h; threshold=0.95; namespace=x',
      { mode: 'semantic', ttl: 3_600_000, threshold: 0.95, namespace: 'x' },
    ],
    ['namespace=1', { namespace: '1' }],
    ['namespace="a b = c"', { namespace: 'a b = c' }],
    ['semantic; shadow=true', { mode: 'semantic', shadow: true }],
    ['exact; replay=paced', { mode: 'exact', replay: 'paced' }],
  ])('%s', (header, expected) => {
    expect(cacheHeader(header)).toEqual(expected as never);
  });

  test.each([
    ['sometimes', 'must be "off", "exact" or "semantic"'],
    ['', 'must be "off", "exact" or "semantic"'],
    ['exact; ttl=soon', 'ttl must be a time such as'],
    ['exact; ttl=0', 'ttl must be'],
    ['exact; ttl=31d', 'ttl must be at most "30d"'],
    ['exact; threshold=2', 'threshold '],
    ['exact; threshold=much', 'threshold '],
    ['exact; namespace=', 'namespace '],
    ['exact; color=red', 'a parameter it does not know'],
    ['exact; __proto__=red', 'a parameter it does not know'],
    ['exact; semantic', 'must be such as'],
    ['exact;', 'must be such as'],
    ['exact; ttl=1; ttl=2', 'has "ttl" twice'],
  ])('%j is refused: %s', (header, problem) => {
    const refused = refusalOf(header);
    expect(refused.code).toBe('invalid_request');
    expect(refused.details.param).toBe('x-switchyard-cache');
    expect(refused.message).toStartWith('x-switchyard-cache ');
    expect(refused.message).toContain(problem);
  });
});

function refusalOf(header: string): GatewayError {
  try {
    cacheHeader(header);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
  }
  throw new Error('it was taken');
}
