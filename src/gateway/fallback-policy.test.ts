// Which deadlines hold: the request's own words, else the operator's, else the gateway's.
import { describe, expect, test } from 'bun:test';
import { fallbackPolicy } from './fallback-policy.ts';

const timeouts = { connectMs: 5000, firstTokenMs: 120_000, idleMs: 60_000, totalMs: 600_000 };
const usual = { timeouts, fallback: undefined };

describe('what a request is given', () => {
  test('that says nothing: the gateway’s deadlines for a stream, none for a whole reply', () => {
    expect(fallbackPolicy({}, undefined, true, usual)).toMatchObject({
      limits: { connectMs: 5000, firstTokenMs: 120_000, idleMs: 60_000, minTokensPerS: null },
      hedgeMs: null,
      resume: true,
      collects: false,
      callersLimits: false,
    });
    expect(fallbackPolicy({}, undefined, false, usual)).toMatchObject({
      limits: { connectMs: 5000, firstTokenMs: null, idleMs: null },
      resume: false,
      collects: false,
    });
  });

  test('with a time to begin in: a whole reply is asked for as a stream', () => {
    const fallback = { ttft_timeout: 800 };
    expect(fallbackPolicy({ fallback }, undefined, false, usual)).toMatchObject({
      limits: { firstTokenMs: 800, idleMs: 60_000 },
      collects: true,
      callersLimits: true,
    });
    // Silence shows in a whole reply's bytes too.
    expect(
      fallbackPolicy({ fallback: { idle_timeout: 10 } }, undefined, false, usual).collects,
    ).toBe(false);
  });

  test('that races: the time to begin in starts the next, and the gateway’s own ends it', () => {
    const fallback = { ttft_timeout: 800, mode: 'race' as const };
    expect(fallbackPolicy({ fallback }, undefined, true, usual)).toMatchObject({
      limits: { firstTokenMs: 120_000 },
      hedgeMs: 800,
    });
    expect(fallbackPolicy({ fallback: { mode: 'race' } }, undefined, true, usual).hedgeMs).toBe(
      1000,
    );
  });

  test('where the operator has defaults: those, unless it says otherwise', () => {
    const fallback = { ttft_timeout: 500, mode: 'race' as const, resume: 'off' as const };
    const settings = { timeouts, fallback };
    expect(fallbackPolicy({}, undefined, true, settings)).toMatchObject({
      hedgeMs: 500,
      resume: false,
      callersLimits: false,
    });
    const asked = { mode: 'cancel' as const, resume: 'auto' as const };
    expect(fallbackPolicy({ fallback: asked }, undefined, true, settings)).toMatchObject({
      limits: { firstTokenMs: 500 },
      hedgeMs: null,
      resume: true,
    });
  });
});
