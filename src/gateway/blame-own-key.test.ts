// Refusals of callers' own keys: an error of their own, and nothing lost of what they say of the key.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import { verdictOf } from '../upstream/health/verdict.ts';
import { FailureScope, otherKeyMayHelp } from '../upstream/scope.ts';
import { blameOwnKey } from './blame-own-key.ts';

const candidate = exampleCandidate({ id: 'p', name: 'P' });
const { provider } = candidate.configured;
const OWN: ProviderKey = { label: 'own:team', own: 'pk_1@1', secret: 'sk-1' };
const BROUGHT: ProviderKey = { label: 'own', own: 'abc', secret: 'sk-2' };
const OPERATORS: ProviderKey = { label: 'key-1', secret: 'sk-3' };
const error = (code: ErrorCode) =>
  new GatewayError(code, 'No.', { upstreamCode: 'invalid_api_key', retryAfterS: 7 });

describe.each(['upstream_auth', 'upstream_payment_required', 'upstream_forbidden'] as const)(
  '%s',
  (code) => {
    const blamed = blameOwnKey(error(code), provider, OWN);

    test('is a 401 of the caller’s, which says which key it was', () => {
      expect([blamed.code, blamed.status, blamed.next]).toEqual([
        'own_key_refused',
        401,
        'fallback',
      ]);
      expect(blamed.message).toMatch(/^Your own key of P \(stored as own:team\) .+: No\.$/);
      expect(blameOwnKey(error(code), provider, BROUGHT).message).toContain(
        '(from the header x-switchyard-provider-key)',
      );
      expect(blamed.details.upstreamCode).toBeUndefined();
    });

    test('says of the key what it would say of the operator’s, which is not blamed', () => {
      const plain = blameOwnKey(error(code), provider, OPERATORS);
      expect(plain).toMatchObject({ code, message: 'No.' });
      expect([verdictOf(blamed), otherKeyMayHelp(blamed)]).toEqual([verdictOf(plain), true]);
      const [one, other] = [new FailureScope(), new FailureScope()];
      one.add(blamed, candidate, OWN);
      other.add(plain, candidate, OWN);
      const elsewhere = { ...candidate, model: 'another' };
      for (const asked of [candidate, elsewhere])
        for (const key of [OWN, BROUGHT, OPERATORS])
          expect(one.allows(asked, key)).toBe(other.allows(asked, key));
      expect(one.allows(candidate, OWN)).toBe(false);
    });
  },
);

test('a limit passes: it stays what it is, and so does any other failure', () => {
  const limited = blameOwnKey(error('upstream_rate_limited'), provider, OWN);
  expect([limited.code, limited.details.retryAfterS]).toEqual(['upstream_rate_limited', 7]);
  expect(limited.message).toBe('Your own key of P (stored as own:team) is at its limit: No.');
  const failure = error('upstream_error');
  expect(blameOwnKey(failure, provider, OWN)).toBe(failure);
});
