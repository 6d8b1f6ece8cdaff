// The watch over one attempt: which limit fires in which phase, and that nothing fires after the end.
import { describe, expect, test } from 'bun:test';
import type { GatewayError } from '../core/errors.ts';
import { type AttemptLimits, AttemptWatch } from './limits.ts';

const NONE: AttemptLimits = { connectMs: null, firstTokenMs: null, idleMs: null };

function watching(limits: Partial<AttemptLimits>, connected = true) {
  const aborted: GatewayError[] = [];
  let probes = 0;
  const probe = async () => {
    probes += 1;
    return connected;
  };
  const watch = new AttemptWatch({ ...NONE, ...limits }, (error) => aborted.push(error), probe);
  return { watch, codes: () => aborted.map((error) => error.code), probes: () => probes };
}

describe('AttemptWatch', () => {
  test('first token: fires from dispatch on, headers or not', async () => {
    const { watch, codes } = watching({ firstTokenMs: 40 });
    watch.headers();
    await Bun.sleep(80);
    expect(codes()).toEqual(['upstream_first_token_timeout']);
    watch.done();
  });

  test('first token: what was waited before it could be sent counts, the connection’s time begins with it', async () => {
    const aborted: GatewayError[] = [];
    const watch = new AttemptWatch(
      { connectMs: 5000, firstTokenMs: 1000, idleMs: null },
      (error) => aborted.push(error),
      async () => false,
      960,
    );
    await Bun.sleep(90);
    expect(aborted.map(({ code }) => code)).toEqual(['upstream_first_token_timeout']);
    watch.done();
  });

  test('idle: each event puts it off, silence fires it once', async () => {
    const { watch, codes } = watching({ firstTokenMs: 20, idleMs: 60 });
    watch.headers();
    watch.firstToken();
    for (let event = 0; event < 4; event++) {
      await Bun.sleep(30);
      watch.event();
    }
    expect(codes()).toEqual([]);
    await Bun.sleep(150);
    expect(codes()).toEqual(['upstream_idle_timeout']);
  });

  test('speed: what is slower than the floor is given up, what is not goes on', async () => {
    for (const [charsPerTick, codes] of [
      [8, []],
      [2, ['upstream_too_slow']],
    ] as const) {
      let chars = 0;
      const aborted: GatewayError[] = [];
      // 100 tokens a second are 4 characters in 10 ms.
      const limits = { ...NONE, minTokensPerS: 100, speedWindowMs: 60 };
      const watch = new AttemptWatch(
        limits,
        (error) => aborted.push(error),
        async () => true,
        0,
        () => chars,
      );
      watch.headers();
      watch.firstToken();
      const startedAt = performance.now();
      for (let ms = 0; ms < 100; ms = performance.now() - startedAt) {
        chars = Math.floor((ms / 10) * charsPerTick);
        await Bun.sleep(5);
        watch.event();
      }
      watch.done();
      expect(aborted.map(({ code }) => code)).toEqual([...codes]);
    }
  });

  test('speed: the time a slow reader takes is not the provider’s', async () => {
    const aborted: GatewayError[] = [];
    const limits = { ...NONE, minTokensPerS: 100, speedWindowMs: 40 };
    const watch = new AttemptWatch(
      limits,
      (error) => aborted.push(error),
      async () => true,
    );
    watch.headers();
    watch.firstToken();
    watch.rests();
    await Bun.sleep(120);
    watch.done();
    expect(aborted).toEqual([]);
  });

  test('idle: the time a slow reader takes is not the provider’s', async () => {
    const { watch, codes } = watching({ idleMs: 40 });
    watch.headers();
    watch.firstToken();
    watch.rests();
    await Bun.sleep(100);
    expect(codes()).toEqual([]);
    const askedAt = performance.now();
    watch.asks();
    while (codes().length === 0 && performance.now() - askedAt < 1000) await Bun.sleep(5);
    expect(codes()).toEqual(['upstream_idle_timeout']);
    expect(performance.now() - askedAt).toBeGreaterThan(39);
  });

  test('connect: the probe decides whether the wait is for a connection or for an answer', async () => {
    const slow = watching({ connectMs: 20 }, true);
    const dead = watching({ connectMs: 20 }, false);
    await Bun.sleep(80);
    expect(slow.codes()).toEqual([]);
    expect(dead.codes()).toEqual(['upstream_connect_timeout']);
    expect([slow.probes(), dead.probes()]).toEqual([1, 1]);
    slow.watch.done();
  });

  test('connect: the probe has what is left of the limit', async () => {
    const given: number[] = [];
    const startedMs = performance.now();
    let askedMs = 0;
    const watch = new AttemptWatch(
      { ...NONE, connectMs: 80 },
      () => undefined,
      async (withinMs) => {
        askedMs = performance.now() - startedMs;
        given.push(withinMs);
        return true;
      },
    );
    await Bun.sleep(100);
    watch.done();
    expect(given).toEqual([40]);
    expect(askedMs).toBeWithin(38, 78);
  });

  test('connect: headers in time need no probe', async () => {
    const { watch, codes, probes } = watching({ connectMs: 30 }, false);
    watch.headers();
    await Bun.sleep(60);
    expect([codes(), probes()]).toEqual([[], 0]);
  });

  test('nothing fires after the end', async () => {
    const { watch, codes } = watching({ connectMs: 20, firstTokenMs: 20, idleMs: 20 }, false);
    watch.done();
    watch.firstToken();
    await Bun.sleep(60);
    expect(codes()).toEqual([]);
  });
});
