// The circuit: opens on enough failures, lets one call find out, closes on an answer, opens for longer on another failure.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Circuit, type CircuitCall } from './circuit.ts';

const SETTINGS = {
  windowMs: 30_000,
  minFailures: 5,
  failureRate: 0.5,
  openMs: 5000,
  maxOpenMs: 120_000,
};

/** A circuit with a clock, and calls through it. */
class Bench {
  readonly circuit = new Circuit();
  now = 0;
  chance = 0;

  begin(): CircuitCall {
    const call = { begunAt: this.now };
    this.circuit.began(call, this.now);
    return call;
  }

  answer(call = this.begin()): void {
    this.circuit.answered(call, this.now, SETTINGS);
  }

  fail(call = this.begin()): void {
    this.circuit.failed(call, this.now, SETTINGS, this.chance);
  }

  failTimes(times: number): void {
    for (let time = 0; time < times; time++) this.fail();
  }

  /** Asks, as one who would go out does. */
  asks(): boolean {
    if (this.circuit.shutMs(this.now) > 0) return false;
    this.circuit.letIn(this.now);
    return true;
  }

  get shutMs(): number {
    return this.circuit.shutMs(this.now);
  }
}

describe('opens', () => {
  test('on five failures, not on four', () => {
    const bench = new Bench();
    bench.failTimes(4);
    expect(bench.shutMs).toBe(0);
    bench.fail();
    expect(bench.shutMs).toBe(5000);
    expect(bench.asks()).toBe(false);
  });

  test('only where they are half of the calls', () => {
    const bench = new Bench();
    for (let call = 0; call < 6; call++) bench.answer();
    bench.failTimes(5);
    expect(bench.shutMs).toBe(0);
    bench.fail();
    expect(bench.shutMs).toBe(5000);
  });

  test('only on those of the window', () => {
    const bench = new Bench();
    bench.failTimes(4);
    bench.now = 32_000;
    bench.failTimes(4);
    expect(bench.shutMs).toBe(0);
    bench.fail();
    expect(bench.shutMs).toBe(5000);
  });

  test('up to a quarter shorter by chance', () => {
    const bench = new Bench();
    bench.chance = 0.4;
    bench.failTimes(5);
    expect(bench.shutMs).toBe(4500);
  });

  test('once: what was under way and fails later changes nothing', () => {
    const bench = new Bench();
    const slow = Array.from({ length: 10 }, () => bench.begin());
    bench.failTimes(5);
    bench.now = 1000;
    for (const call of slow) bench.fail(call);
    expect(bench.shutMs).toBe(4000);
  });
});

describe('half open', () => {
  function halfOpen(): Bench {
    const bench = new Bench();
    bench.failTimes(5);
    bench.now = 5000;
    return bench;
  }

  test('lets in one, and no other until it ends', () => {
    const bench = halfOpen();
    expect(bench.asks()).toBe(true);
    expect(bench.asks()).toBe(false);
    const probe = bench.begin();
    expect(bench.asks()).toBe(false);
    bench.now = 6000;
    bench.answer(probe);
    expect(bench.asks()).toBe(true);
    expect(bench.asks()).toBe(true);
    expect(bench.circuit.isHalfOpen(bench.now)).toBe(false);
  });

  test('the beginning of its answer is enough', () => {
    const bench = halfOpen();
    bench.asks();
    const probe = bench.begin();
    bench.circuit.begunToAnswer(probe, 5500);
    bench.now = 5500;
    expect(bench.asks()).toBe(true);
    expect(bench.asks()).toBe(true);
  });

  test('unless that answer breaks off: then it opens again, for longer', () => {
    const bench = halfOpen();
    const probe = bench.begin();
    bench.circuit.begunToAnswer(probe, 5500);
    bench.now = 9000;
    bench.fail(probe);
    expect(bench.shutMs).toBe(10_000);
  });

  test('opens for twice as long with each that fails, up to two minutes, and anew after an answer', () => {
    const bench = halfOpen();
    const times: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      expect(bench.asks()).toBe(true);
      bench.fail();
      times.push(bench.shutMs);
      bench.now += bench.shutMs;
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
    bench.answer();
    bench.failTimes(5);
    expect(bench.shutMs).toBe(5000);
  });

  test('starts to count anew when it closes', () => {
    const bench = halfOpen();
    bench.answer();
    expect(bench.circuit.lately(bench.now, SETTINGS.windowMs)).toEqual({ calls: 1, failures: 0 });
    bench.failTimes(4);
    expect(bench.shutMs).toBe(0);
  });

  test('lets in another where the first never went out', () => {
    const bench = halfOpen();
    expect(bench.asks()).toBe(true);
    bench.now += 9999;
    expect(bench.asks()).toBe(false);
    bench.now += 1;
    expect(bench.asks()).toBe(true);
    expect(bench.asks()).toBe(false);
  });

  test('lets in another where the first went out and was lost', () => {
    const bench = halfOpen();
    expect(bench.asks()).toBe(true);
    const lost = bench.begin();
    bench.now += 59_999;
    expect(bench.asks()).toBe(false);
    bench.now += 1;
    expect(bench.asks()).toBe(true);
    const probe = bench.begin();
    // The one that was given up turns out to have failed: it is not the one any more.
    bench.fail(lost);
    expect(bench.circuit.isHalfOpen(bench.now)).toBe(true);
    bench.answer(probe);
    expect(bench.asks() && bench.asks()).toBe(true);
  });

  test('lets in another where the first says nothing', () => {
    const bench = halfOpen();
    expect(bench.asks()).toBe(true);
    bench.circuit.silent(bench.begin());
    expect(bench.asks()).toBe(true);
    expect(bench.asks()).toBe(false);
  });

  test('who goes out unasked finds out as well', () => {
    const bench = halfOpen();
    const unasked = bench.begin();
    expect(bench.asks()).toBe(false);
    bench.fail(unasked);
    expect(bench.shutMs).toBe(10_000);
  });
});

describe('what was asked before', () => {
  test('and is answered after it opened does not close it', () => {
    const bench = new Bench();
    const slow = bench.begin();
    bench.now = 10;
    bench.failTimes(5);
    bench.circuit.begunToAnswer(slow, 20);
    bench.answer(slow);
    expect(bench.shutMs).toBe(5000);
  });

  test('and fails after it closed does not count', () => {
    const bench = new Bench();
    const slow = Array.from({ length: 10 }, () => bench.begin());
    bench.failTimes(5);
    bench.now = 5000;
    bench.answer();
    bench.now = 5010;
    for (const call of slow) bench.fail(call);
    expect(bench.shutMs).toBe(0);
  });

  test('but an answer to what was asked of the open one closes it', () => {
    const bench = new Bench();
    bench.failTimes(5);
    bench.now = 2000;
    bench.answer();
    expect(bench.shutMs).toBe(0);
  });
});

test('whatever happens: while it is half open no more than one is let in at a time, and who asks is let in in the end', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('ask' as const) }),
    fc.record({ do: fc.constant('go' as const) }),
    fc.record({
      do: fc.constantFrom('answer', 'fail', 'silence', 'begin' as const),
      which: fc.nat(20),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(15_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const bench = new Bench();
      const running: CircuitCall[] = [];
      /** Of the present half-open time: since when somebody is let in and neither over nor given up. */
      let letInAt: number | null = null;
      let out: CircuitCall | null = null;
      bench.failTimes(5);
      for (const taken of steps) {
        switch (taken.do) {
          case 'wait':
            bench.now += taken.ms;
            break;
          case 'ask': {
            const wasHalfOpen = bench.circuit.isHalfOpen(bench.now);
            if (!bench.asks()) break;
            if (!wasHalfOpen) break;
            if (letInAt !== null) {
              const givenUpAfter = out === null ? 10_000 : 60_000;
              expect(bench.now - letInAt).toBeGreaterThanOrEqual(givenUpAfter);
            }
            letInAt = bench.now;
            out = null;
            break;
          }
          case 'go': {
            const call = bench.begin();
            running.push(call);
            if (!bench.circuit.isHalfOpen(bench.now)) break;
            const isOut = out !== null && letInAt !== null && bench.now - letInAt < 60_000;
            if (isOut) break;
            letInAt = bench.now;
            out = call;
            break;
          }
          default: {
            const [call] = running.splice(taken.which % Math.max(1, running.length), 1);
            if (call === undefined) break;
            if (taken.do === 'answer') bench.answer(call);
            if (taken.do === 'fail') bench.fail(call);
            if (taken.do === 'silence') bench.circuit.silent(call);
            if (taken.do === 'begin') {
              bench.circuit.begunToAnswer(call, bench.now);
              running.push(call);
            }
            if (call === out && taken.do !== 'begin') out = letInAt = null;
          }
        }
        if (!bench.circuit.isHalfOpen(bench.now)) out = letInAt = null;
      }
      bench.now += 200_000;
      expect(bench.asks()).toBe(true);
    }),
    { numRuns: 300 },
  );
});
