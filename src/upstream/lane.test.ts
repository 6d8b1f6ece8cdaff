// Places: who gets one, who waits, who is refused; and that each is given back exactly once.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../core/errors.ts';
import type { ConfiguredProvider, ProviderKey, ProviderLimits } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { Abort } from '../lib/abort.ts';
import type { Lane, LaneClock } from './lane.ts';
import { Load } from './load.ts';

const ALPHA: Provider = {
  id: 'alpha',
  name: 'Alpha',
  dialect: 'openai-chat',
  baseUrl: 'http://alpha.test/v1',
  auth: { kind: 'bearer' },
  env: [],
  quirks: {},
  docs: [],
};
const KEY_1: ProviderKey = { label: 'key-1', secret: 'a' };
const KEY_2: ProviderKey = { label: 'key-2', secret: 'b' };
const GONE = new GatewayError('client_closed', 'gone');

class FakeClock implements LaneClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly what: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, what: () => void): () => void {
    const timer = { at: this.#now + ms, what };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that nobody took back. */
  get pending(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [due] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = due.at;
      due.what();
    }
    this.#now = end;
  }
}

interface Bench {
  readonly clock: FakeClock;
  readonly load: Load;
  readonly lane: Lane;
  limit(limits: ProviderLimits | undefined): void;
  /** Enters and says what became of it. */
  enter(options?: Entering): Entered;
}

interface Entering {
  readonly key?: ProviderKey | null;
  readonly withinMs?: number | null;
  readonly abort?: Abort<GatewayError>;
}

interface Entered {
  state: 'waiting' | 'in' | 'refused';
  waitedMs: number | null;
  error: unknown;
}

function bench(limits?: ProviderLimits): Bench {
  const clock = new FakeClock();
  const load = new Load(clock);
  const limit = (changed: ProviderLimits | undefined) => {
    const configured: ConfiguredProvider = {
      provider: ALPHA,
      keys: [KEY_1, KEY_2],
      models: [],
      region: null,
    };
    const all = changed === undefined ? configured : { ...configured, limits: changed };
    load.limit(new Map([['alpha', all]]));
  };
  limit(limits);
  const lane = load.of('alpha');
  const enter = ({ key = KEY_1, withinMs = null, abort = new Abort() }: Entering = {}) => {
    const entered: Entered = { state: 'waiting', waitedMs: null, error: null };
    const refuse = (error: unknown) => {
      entered.state = 'refused';
      entered.error = error;
    };
    const letIn = (waitedMs: number) => {
      entered.state = 'in';
      entered.waitedMs = waitedMs;
    };
    try {
      const queued = lane.enter(ALPHA, key, withinMs, abort);
      if (queued === null) letIn(0);
      else queued.then(letIn, refuse);
    } catch (thrown) {
      refuse(thrown);
    }
    return entered;
  };
  return { clock, load, lane, limit, enter };
}

/** Lets promises that are settled say so. */
const settled = () => Promise.resolve().then(() => undefined);

function busyOf({ error }: Entered): GatewayError {
  if (error instanceof GatewayError && error.code === 'provider_busy') return error;
  throw new Error(`refused with ${String(error)}`);
}

const TWO: ProviderLimits = { concurrent: 2, queue: 3, queueTimeoutMs: 10_000 };

describe('a provider without a limit', () => {
  test('lets everybody in and counts them by key', () => {
    const { lane, enter, load } = bench();
    for (let n = 0; n < 100; n++)
      expect(enter({ key: n % 4 === 0 ? KEY_2 : KEY_1 }).state).toBe('in');
    expect([lane.running, lane.requests(KEY_1), lane.requests(KEY_2)]).toEqual([100, 75, 25]);
    for (let n = 0; n < 100; n++) lane.leave(n % 4 === 0 ? KEY_2 : KEY_1);
    expect([load.total, lane.requests(KEY_1), lane.requests(KEY_2)]).toEqual([0, 0, 0]);
  });

  test('one that is not configured at all has no limit either', () => {
    const { load } = bench();
    expect(load.of('other').enter(ALPHA, null, null, new Abort())).toBeNull();
  });
});

describe('a limited provider', () => {
  test('lets in as many as there are places; the others wait and go in in the order they came, one a place', async () => {
    const { lane, enter, clock } = bench(TWO);
    const [a, b, c, d, e] = [enter(), enter(), enter(), enter(), enter()];
    const states = () => [a, b, c, d, e].map(({ state }) => state).join(' ');
    expect(states()).toBe('in in waiting waiting waiting');
    expect([lane.running, lane.waiting, lane.requests(KEY_1)]).toEqual([2, 3, 5]);
    clock.pass(70);
    lane.leave(KEY_1);
    await settled();
    expect(states()).toBe('in in in waiting waiting');
    clock.pass(30);
    lane.leave(KEY_1);
    lane.leave(KEY_1);
    await settled();
    expect(states()).toBe('in in in in in');
    expect([c.waitedMs, d.waitedMs, e.waitedMs]).toEqual([70, 100, 100]);
    expect([lane.running, lane.waiting, clock.pending]).toEqual([2, 0, 0]);
    lane.leave(KEY_1);
    lane.leave(KEY_1);
    expect([lane.running, lane.requests(KEY_1)]).toEqual([0, 0]);
  });

  test('nobody who comes later overtakes those that wait', async () => {
    const { lane, enter } = bench({ ...TWO, concurrent: 1 });
    enter();
    const first = enter();
    // The place is given on before anybody else can ask for it.
    lane.leave(KEY_1);
    const late = enter();
    await settled();
    expect([first.state, late.state]).toEqual(['in', 'waiting']);
  });

  test('a full queue refuses at once: which limit, its number, the setting', () => {
    const { enter } = bench(TWO);
    for (let n = 0; n < 5; n++) enter();
    const error = busyOf(enter());
    expect(error.message).toBe(
      'Alpha is busy: its limit of 2 at once (providers.alpha.limits.concurrent) is reached, and so is that of 3 waiting (providers.alpha.limits.queue).',
    );
    expect([error.status, error.next, error.details.retryAfterS]).toEqual([503, 'fallback', 1]);
  });

  test('a queue of none refuses whoever finds no place', () => {
    const { enter, lane, clock } = bench({ ...TWO, queue: 0 });
    enter();
    enter();
    expect(busyOf(enter()).message).toContain('that of 0 waiting');
    expect([lane.running, lane.requests(KEY_1), clock.pending]).toEqual([2, 2, 0]);
  });

  test('who waited long enough is refused, and only they', async () => {
    const { enter, clock, lane } = bench(TWO);
    enter();
    enter();
    const late = enter();
    clock.pass(4000);
    const later = enter();
    clock.pass(5999);
    await settled();
    expect(late.state).toBe('waiting');
    clock.pass(1);
    await settled();
    expect(busyOf(late).message).toBe(
      'Alpha is busy: its limit of 2 at once (providers.alpha.limits.concurrent) is reached, and no place came free within 10000 ms (providers.alpha.limits.queue_timeout).',
    );
    expect([later.state, lane.waiting, lane.requests(KEY_1)]).toEqual(['waiting', 1, 3]);
  });

  test('nobody waits longer than their first token may take', async () => {
    const { enter, clock } = bench(TWO);
    enter();
    enter();
    const hurried = enter({ withinMs: 800 });
    const patient = enter({ withinMs: 60_000 });
    clock.pass(800);
    await settled();
    expect(busyOf(hurried).message).toContain('within 800 ms (the limit for a first token).');
    clock.pass(9200);
    await settled();
    expect(busyOf(patient).message).toContain(
      'within 10000 ms (providers.alpha.limits.queue_timeout)',
    );
  });

  test('whoever hangs up leaves the queue at once, and the next in line is the next', async () => {
    const { enter, lane, clock } = bench(TWO);
    enter();
    enter();
    const abort = new Abort<GatewayError>();
    const gone = enter({ abort, key: KEY_2 });
    const next = enter();
    abort.trigger(GONE);
    await settled();
    expect([gone.error, lane.waiting, lane.requests(KEY_2), clock.pending]).toEqual([
      GONE,
      1,
      0,
      1,
    ]);
    lane.leave(KEY_1);
    await settled();
    expect([next.state, lane.running]).toEqual(['in', 2]);
    // Its place is its own: what comes of the exchange later is no business of the queue's.
    expect(enter({ abort }).error).toBe(GONE);
    expect(lane.waiting).toBe(0);
  });

  test('a hang-up after it was let in does not free the place: whoever holds it does', async () => {
    const { enter, lane } = bench({ ...TWO, concurrent: 1 });
    enter();
    const abort = new Abort<GatewayError>();
    const second = enter({ abort });
    lane.leave(KEY_1);
    abort.trigger(GONE);
    await settled();
    expect([second.state, lane.running, lane.requests(KEY_1)]).toEqual(['in', 1, 1]);
    lane.leave(KEY_1);
    expect(lane.running).toBe(0);
  });
});

describe('another limit', () => {
  test('a higher one lets in as many more at once; none at all, everybody', async () => {
    const { enter, lane, limit, clock } = bench({ concurrent: 1, queue: 9, queueTimeoutMs: 1000 });
    const all = Array.from({ length: 6 }, () => enter());
    limit({ concurrent: 3, queue: 9, queueTimeoutMs: 1000 });
    await settled();
    expect(all.map(({ state }) => state).join(' ')).toBe('in in in waiting waiting waiting');
    limit(undefined);
    await settled();
    expect([lane.running, lane.waiting, clock.pending]).toEqual([6, 0, 0]);
    for (let n = 0; n < 6; n++) lane.leave(KEY_1);
    expect(lane.running).toBe(0);
  });

  test('a lower one lets nobody in until so many have left; who waits keeps waiting', async () => {
    const { enter, lane, limit } = bench({ concurrent: 3, queue: 9, queueTimeoutMs: 1000 });
    for (let n = 0; n < 3; n++) enter();
    const next = enter();
    limit({ concurrent: 1, queue: 0, queueTimeoutMs: 1000 });
    lane.leave(KEY_1);
    lane.leave(KEY_1);
    await settled();
    expect([next.state, lane.running]).toEqual(['waiting', 1]);
    lane.leave(KEY_1);
    await settled();
    expect([next.state, lane.running]).toEqual(['in', 1]);
  });

  test('one for what ran without: those under way count', () => {
    const { enter, lane, limit } = bench();
    for (let n = 0; n < 3; n++) enter();
    limit({ concurrent: 3, queue: 0, queueTimeoutMs: 1000 });
    expect(enter().state).toBe('refused');
    lane.leave(KEY_1);
    expect(enter().state).toBe('in');
  });
});

describe('when to come again', () => {
  test('as fast as places lately came free, for all who wait and one more', () => {
    const { enter, lane, clock } = bench({ concurrent: 2, queue: 4, queueTimeoutMs: 60_000 });
    for (let n = 0; n < 6; n++) enter();
    for (let n = 0; n < 20; n++) {
      clock.pass(3000);
      lane.leave(KEY_1);
      enter();
    }
    expect([lane.running, lane.waiting]).toEqual([2, 4]);
    expect(busyOf(enter()).details.retryAfterS).toBe(15);
  });

  test('where places were never short before, by how long none came free', () => {
    const { enter, clock } = bench({ concurrent: 2, queue: 0, queueTimeoutMs: 1000 });
    enter();
    clock.pass(100_000);
    enter();
    clock.pass(7000);
    expect(busyOf(enter()).details.retryAfterS).toBe(7);
    clock.pass(1_000_000);
    expect(busyOf(enter()).details.retryAfterS).toBe(60);
  });

  test('a reload forgets nothing of it', () => {
    const limits = { concurrent: 1, queue: 0, queueTimeoutMs: 1000 };
    const { enter, limit, clock } = bench(limits);
    enter();
    clock.pass(5000);
    limit(limits);
    clock.pass(4000);
    expect(busyOf(enter()).details.retryAfterS).toBe(9);
  });

  test('quiet times do not count: a place was there all along', () => {
    const { enter, lane, clock } = bench({ concurrent: 1, queue: 0, queueTimeoutMs: 1000 });
    for (let n = 0; n < 5; n++) {
      enter();
      clock.pass(200);
      lane.leave(KEY_1);
      clock.pass(100_000);
    }
    enter();
    expect(busyOf(enter()).details.retryAfterS).toBe(1);
  });
});

describe('whatever happens in whatever order', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('enter' as const), key: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('hang up' as const), which: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(700) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('limit' as const),
        limits: fc.option(
          fc.record({
            concurrent: fc.integer({ min: 1, max: 4 }),
            queue: fc.nat(5),
            queueTimeoutMs: fc.integer({ min: 1, max: 1000 }),
          }),
          { nil: undefined },
        ),
      }),
    },
  );

  interface Holder {
    readonly key: ProviderKey;
    readonly abort: Abort<GatewayError>;
    readonly entered: Entered;
    left: boolean;
  }

  test('no place is lost, none is given twice, nobody overtakes, and in the end all are free', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const { clock, lane, limit, enter, load } = bench({
          concurrent: 2,
          queue: 3,
          queueTimeoutMs: 500,
        });
        let concurrent = 2;
        const all: Holder[] = [];
        const inside = () => all.filter(({ entered, left }) => entered.state === 'in' && !left);
        const outside = () => all.filter(({ entered }) => entered.state === 'waiting');
        const leave = (holder: Holder | undefined) => {
          if (holder === undefined) return;
          holder.left = true;
          lane.leave(holder.key);
        };
        for (const now of steps) {
          const letInBefore = inside().length;
          if (now.do === 'enter') {
            const holder = { key: now.key ? KEY_1 : KEY_2, abort: new Abort<GatewayError>() };
            all.push({ ...holder, entered: enter(holder), left: false });
          } else if (now.do === 'leave') leave(inside()[now.which % Math.max(1, letInBefore)]);
          else if (now.do === 'hang up')
            all[now.which % Math.max(1, all.length)]?.abort.trigger(GONE);
          else if (now.do === 'wait') clock.pass(now.ms);
          else {
            limit(now.limits);
            concurrent = now.limits?.concurrent ?? Number.POSITIVE_INFINITY;
          }
          await settled();
          expect(lane.running).toBe(inside().length);
          expect(lane.waiting).toBe(outside().length);
          expect(clock.pending).toBe(outside().length);
          expect(lane.requests(KEY_1) + lane.requests(KEY_2)).toBe(lane.running + lane.waiting);
          // Above a limit only where it was lowered meanwhile; and nobody waits beside a free place.
          if (inside().length > letInBefore) expect(lane.running).toBeLessThanOrEqual(concurrent);
          if (outside().length > 0) expect(lane.running).toBeGreaterThanOrEqual(concurrent);
          // In the order they came.
          const lastIn = all.findLastIndex(({ entered }) => entered.state === 'in');
          for (const waiting of outside()) expect(all.indexOf(waiting)).toBeGreaterThan(lastIn);
        }
        while (load.total > 0) {
          leave(inside()[0]);
          await settled();
        }
        expect([lane.running, lane.waiting, clock.pending]).toEqual([0, 0, 0]);
        expect([lane.requests(KEY_1), lane.requests(KEY_2)]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
