// How long to wait before asking again: jittered, bounded, and never against the provider's own word.
import { describe, expect, test } from 'bun:test';
import { Abort } from '../lib/abort.ts';
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
  test('ends at once, with the reason, when it is aborted', async () => {
    const abort = new Abort<Error>();
    const started = performance.now();
    const paused = pause(10_000, abort).catch((reason: unknown) => reason);
    abort.trigger(new Error('left'));
    expect(await paused).toEqual(new Error('left'));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
