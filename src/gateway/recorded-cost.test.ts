// What a request costs: the sum of its attempts to the billionth of a dollar, or nothing at all; why it is not known; what of a cut answer arrived.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Candidate } from '../core/plan.ts';
import type { Price } from '../core/price.ts';
import { FREE } from '../core/price-of.ts';
import { priceVersion } from '../core/price-version.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { Recording } from './recording.ts';

const PRICE: Price = { input: 1, output: 2, services: { batch: { input: 0.5, output: 1 } } };
const START = { id: 'i', at: 0, endpoint: 'chat.completions', dialect: 'openai-chat' } as const;
const CUT = new GatewayError('upstream_stream_truncated', 'It broke off.');
const GONE = new GatewayError('client_closed', 'The caller is gone.');

function at(price: Price | null): Candidate {
  const candidate = exampleCandidate();
  if (price === null) return candidate;
  return { ...candidate, configured: { ...candidate.configured, price } };
}

function recorded(story: (recording: Recording) => void): Exchange {
  const done: Exchange[] = [];
  story(new Recording(START, (exchange) => done.push(exchange)));
  expect(done.length).toBe(1);
  return done[0] as Exchange;
}

const told = (counts: Partial<Usage>): Usage => ({ ...UNKNOWN_USAGE, ...counts });

/** One attempt that answers with this usage, at this price. */
function answered(price: Price | null, usage: Usage) {
  let said: ReturnType<Recording['metadata']> | null = null;
  const exchange = recorded((recording) => {
    const attempt = recording.begin(at(price), null);
    recording.adopt(attempt);
    attempt.observe({ type: 'finish', reason: 'stop', raw: null, stopSequence: null, usage });
    said = recording.metadata();
    recording.finish('ok', 200, null);
  });
  return { exchange, said: said as ReturnType<Recording['metadata']> | null };
}

describe('sums', () => {
  const count = fc.option(fc.integer({ min: 0, max: 3_000_000 }), { nil: null });
  const rate = fc.option(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })), {
    nil: null,
  });
  const rates = fc.record({ input: rate, output: rate, cacheRead: rate, search: rate });
  const price = fc.option(
    fc.tuple(rates, rates).map(
      ([base, tier]): Price => ({
        ...base,
        services: { batch: tier },
        tiers: [{ above: 9000, ...tier }],
      }),
    ),
    { nil: null },
  );
  const usage = fc
    .tuple(
      fc.record({ input: count, output: count, cacheRead: count, searches: count }),
      fc.option(fc.constantFrom('batch', 'priority', '__proto__')),
      fc.option(fc.double({ min: -1, max: 9 })),
    )
    .map(([counts, tier, charged]) =>
      told({
        ...counts,
        ...(tier === null ? {} : { tier }),
        ...(charged === null ? {} : { chargedUsd: charged }),
      }),
    );
  const failure = fc.option(
    fc.constantFrom('upstream_error', 'race_lost', 'upstream_idle_timeout', 'upstream_auth'),
    { nil: null },
  );
  const attempts = fc.array(
    fc.record({ price, usage, failure, chars: fc.nat(90), sent: fc.boolean() }),
    { maxLength: 5 },
  );

  test('a request costs what its attempts do together, or it is not known; never less than nothing, never a fraction', () => {
    fc.assert(
      fc.property(attempts, fc.constantFrom(null, GONE, CUT), (all, end) => {
        const exchange = recorded((recording) => {
          for (const { price: its, usage: its2, failure: code, chars, sent } of all) {
            const attempt = recording.begin(at(its), null);
            attempt.sent = sent;
            recording.adopt(attempt);
            const delta = { kind: 'text', text: 'x'.repeat(chars) } as const;
            attempt.observe({ type: 'block-delta', index: 0, delta });
            recording.observe({ type: 'block-delta', index: 0, delta });
            attempt.observe({ type: 'usage', usage: its2 });
            if (code !== null) recording.failed(attempt, new GatewayError(code, 'It failed.'));
          }
          recording.finish(end === null ? 'ok' : 'aborted', end?.status ?? 200, end);
        });
        const costs = exchange.attempts.map(({ costNano }) => costNano);
        for (const cost of costs)
          if (cost !== null) expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true);
        const known = costs.filter((cost) => cost !== null);
        const sum = known.reduce((total, cost) => total + cost, 0);
        expect(exchange.costNano).toBe(known.length === costs.length ? sum : null);
        if (exchange.unpriced) expect(exchange.costNano).toBeNull();
        const parts = exchange.attempts.flatMap(({ deliveredTokens }) => deliveredTokens ?? []);
        const delivered = parts.length === 0 ? null : parts.reduce((a, b) => a + b, 0);
        expect(exchange.deliveredTokens).toBe(delivered);
        for (const attempt of exchange.attempts)
          if (attempt.success) expect(attempt.deliveredTokens).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('a cost that is not known', () => {
  const used = told({ input: 10, output: 5 });
  const cases: readonly (readonly [string, Price | null, Usage, number | null, boolean])[] = [
    ['is that of a model without a price', null, used, null, true],
    ['is not that of a model at its price', PRICE, used, 20_000, false],
    ['is not that of a model that costs nothing', FREE, used, 0, false],
    ['nor at any tier of one', FREE, { ...used, tier: 'flex' }, 0, false],
    ['is that of a kind without a rate', PRICE, { ...used, cacheRead: 1 }, null, true],
    ['is that of a tier without rates', PRICE, { ...used, tier: 'priority' }, null, true],
    ['is not that of a tier with rates', PRICE, { ...used, tier: 'batch' }, 10_000, false],
    [
      'has nothing to do with prices where nothing is told of usage',
      PRICE,
      UNKNOWN_USAGE,
      null,
      false,
    ],
    ['nor where there is no price either', null, UNKNOWN_USAGE, null, false],
    ['nor where the output is not told', PRICE, told({ input: 10 }), null, false],
    [
      'is not that of a charge that was told',
      null,
      { ...used, chargedUsd: 0.5 },
      500_000_000,
      false,
    ],
  ];
  test.each(cases.map((one) => [...one] as const))('%s', (_name, price, usage, cost, unpriced) => {
    const { exchange, said } = answered(price, usage);
    expect([exchange.costNano, exchange.unpriced]).toEqual([cost, unpriced]);
    expect(said?.unpriced).toBe(unpriced ? true : undefined);
    expect(said?.cost_usd).toBe(cost === null ? null : cost / 1e9);
    expect(exchange.attempts.map((attempt) => attempt.price)).toEqual([
      price === null ? null : priceVersion(price),
    ]);
  });
});

describe('of a cut answer', () => {
  const text = (letters: number) => ({ kind: 'text', text: 'x'.repeat(letters) }) as const;

  test('what the caller got stands beside what is billed', () => {
    const exchange = recorded((recording) => {
      const attempt = recording.begin(at(PRICE), null);
      attempt.sent = true;
      recording.adopt(attempt);
      attempt.observe({ type: 'usage', usage: told({ input: 12_000, output: 13_000 }) });
      // More came than was passed on.
      attempt.observe({ type: 'block-delta', index: 0, delta: text(800) });
      recording.observe({ type: 'block-delta', index: 0, delta: text(401) });
      recording.finish('aborted', 499, GONE);
    });
    expect(exchange.deliveredTokens).toBe(101);
    expect(exchange.usage).toMatchObject({ input: 12_000, output: 13_000 });
    expect(exchange.attempts.map(({ deliveredTokens }) => deliveredTokens)).toEqual([101]);
  });

  test('each that was cut counts, and not the one that finished', () => {
    const exchange = recorded((recording) => {
      const first = recording.begin(at(PRICE), null);
      recording.adopt(first);
      recording.observe({ type: 'block-delta', index: 0, delta: text(40) });
      recording.failed(first, CUT);
      const second = recording.begin(at(PRICE), null);
      recording.adopt(second);
      recording.observe({ type: 'block-delta', index: 0, delta: text(80) });
      second.observe({
        type: 'finish',
        reason: 'stop',
        raw: null,
        stopSequence: null,
        usage: told({ input: 1, output: 20 }),
      });
      recording.finish('ok', 200, null);
    });
    const delivered = exchange.attempts.map(({ deliveredTokens }) => deliveredTokens);
    expect(delivered).toEqual([10, undefined]);
    expect(exchange.deliveredTokens).toBe(10);
  });

  test('a caller who left before anything came got nothing; one who was refused had no answer to be cut', () => {
    const left = recorded((recording) => {
      recording.begin(at(PRICE), null).sent = true;
      recording.finish('aborted', 499, GONE);
    });
    const refused = recorded((recording) => {
      const attempt = recording.begin(at(PRICE), null);
      attempt.sent = true;
      const error = new GatewayError('upstream_invalid_request', 'No.');
      recording.failed(attempt, error);
      recording.finish('error', 400, error);
    });
    expect([left.deliveredTokens, refused.deliveredTokens]).toEqual([0, null]);
  });

  test('of sound nobody knows how many tokens it is', () => {
    const exchange = recorded((recording) => {
      const attempt = recording.begin(at(PRICE), null);
      attempt.sent = true;
      recording.adopt(attempt);
      recording.begun();
      recording.finish('aborted', 499, GONE);
    });
    expect(exchange.deliveredTokens).toBeNull();
  });
});
