// How long to wait before asking again: jittered, bounded, and never against the provider's own word.
import { describe, expect, test } from 'bun:test';
import { backoffMs, pause } from './backoff.ts';

describe('backoffMs', () => {
  test('grows and keeps within its bounds whatever the chance', () => {
    expect([1, 2, 3].map((n) => backoffMs(n, undefined, 0))).toEqual([100, 200, 400]);
    expect([1, 2, 3].map((n) => backoffMs(n, undefined, 1))).toEqual([200, 400, 800]);
    expect(backoffMs(20, undefined, 1)).toBe(2000);
  });

  test('a short Retry-After is kept to the millisecond, a long one means no', () => {
    expect(backoffMs(1, 1.5, 0.3)).toBe(1500);
    expect(backoffMs(1, 0, 0.3)).toBe(0);
    expect(backoffMs(1, 7, 0.3)).toBeNull();
  });
});

describe('pause', () => {
  test('ends at once, with the reason, when the signal fires', async () => {
    const controller = new AbortController();
    const started = performance.now();
    const paused = pause(10_000, controller.signal).catch((reason: unknown) => reason);
    controller.abort('left');
    expect(await paused).toBe('left');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
