// What a failure rules out for the rest of a request, and what it does not.
import { describe, expect, test } from 'bun:test';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import { FailureScope } from './scope.ts';

const KEY_1: ProviderKey = { label: 'key-1', secret: 'a' };
const KEY_2: ProviderKey = { label: 'key-2', secret: 'b' };

function candidate(provider: string, model: string, context: number | null = null): Candidate {
  const data = {
    id: provider,
    name: provider,
    dialect: 'openai-chat',
    baseUrl: 'http://x.test',
    auth: { kind: 'none' },
    env: [],
    quirks: {},
    docs: [],
  } as const;
  const facts = context === null ? null : ({ context } as Candidate['facts']);
  return {
    id: `${provider}/${model}`,
    configured: { provider: data, keys: [], models: [], region: null },
    model,
    facts,
  };
}

function after(code: ErrorCode, failed: Candidate, details = {}) {
  const scope = new FailureScope();
  scope.add(new GatewayError(code, 'x', details), failed, KEY_1);
  return scope;
}

describe('FailureScope', () => {
  const a = candidate('p', 'a');
  const b = candidate('p', 'b');
  const other = candidate('q', 'a');

  test.each(['upstream_auth', 'upstream_payment_required'] as const)(
    '%s rules out the key',
    (code) => {
      const scope = after(code, a);
      expect([
        scope.allows(a, KEY_1),
        scope.allows(b, KEY_1),
        scope.allows(a, KEY_2),
        scope.allows(other, KEY_1),
      ]).toEqual([false, false, true, true]);
    },
  );

  test.each(['upstream_rate_limited', 'upstream_forbidden'] as const)(
    '%s rules out the key for that model',
    (code) => {
      const scope = after(code, a);
      expect([scope.allows(a, KEY_1), scope.allows(b, KEY_1), scope.allows(a, KEY_2)]).toEqual([
        false,
        true,
        true,
      ]);
    },
  );

  test('a refused connection rules out the provider, a lost one nothing', () => {
    const refused = after('upstream_unreachable', a, { upstreamCode: 'refused' });
    const lost = after('upstream_unreachable', a);
    expect([refused.allows(b, KEY_2), refused.allows(other, KEY_1), lost.allows(b, KEY_1)]).toEqual(
      [false, true, true],
    );
  });

  test('a busy provider is left alone whole: the places are everybody’s', () => {
    const busy = after('provider_busy', a);
    expect([busy.allows(b, KEY_2), busy.allows(other, KEY_1)]).toEqual([false, true]);
  });

  test('too long a context rules out all that do not hold more', () => {
    const scope = after('upstream_context_length', candidate('p', 'a', 1000));
    const larger = candidate('q', 'l', 2000);
    const same = candidate('q', 's', 1000);
    expect([
      scope.allows(larger, KEY_1),
      scope.allows(same, KEY_1),
      scope.allows(other, KEY_1),
    ]).toEqual([true, false, false]);
  });

  test.each(['upstream_error', 'upstream_overloaded', 'upstream_invalid_response'] as const)(
    '%s rules out nothing',
    (code) => {
      expect(after(code, a).allows(a, KEY_1)).toBe(true);
    },
  );
});
