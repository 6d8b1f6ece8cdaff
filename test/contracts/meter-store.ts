// What every store of meters must do, whatever keeps its counts.
import { afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Budget } from '../../src/core/limits.ts';
import { keyMeters } from '../../src/limits/meters/caller-meters.ts';
import type {
  Demand,
  Meter,
  MeterStore,
  Refusal,
  Reservation,
  Taken,
} from '../../src/limits/meters/meter.ts';
import { ModelMeters } from './model-meters.ts';

export interface StoreUnderTest {
  /** Several processes' stores over the same counts; one where a store is of one process. */
  readonly replicas: readonly MeterStore[];
  /** Ends them and what they keep. */
  close(): Promise<void>;
}

export interface MeterStoreContract {
  readonly name: string;
  /** A store without any counts. Its clock is the one given. */
  open(now: () => number): Promise<StoreUnderTest>;
  /** How many random stories the model is compared with. */
  readonly stories?: number;
  /** All replicas see what the others did at once; false: each of its own only. */
  readonly shared: boolean;
}

/** A Wednesday, the second second of a minute. */
const T0 = Date.UTC(2026, 10, 25, 10, 0, 2);
const DAY = 86_400_000;

let clock = T0;
let made = 0;
const open: StoreUnderTest[] = [];

interface Wanted {
  readonly budgets?: readonly Budget[];
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly concurrent?: number | undefined;
}

/** Meters of a key nobody else has. */
function metersOf({ budgets = [], requests, tokens, concurrent }: Wanted): readonly Meter[] {
  made += 1;
  const rate = {
    requestsPerMinute: requests ?? null,
    tokensPerMinute: tokens ?? null,
    concurrent: concurrent ?? null,
  };
  const key = { id: `key_${process.pid}_${Date.now()}_${made}`, name: 'a key' };
  const limits = { budgets, rate };
  return keyMeters({ ...key, limits, userLimits: { budgets: [], rate: null } })?.meters ?? [];
}

const isHeld = (answer: Reservation | Refusal): answer is Reservation => 'settle' in answer;

export function meterStoreContract({
  name,
  open: make,
  stories,
  shared,
}: MeterStoreContract): void {
  const started = async (): Promise<StoreUnderTest> => {
    clock = T0;
    const store = await make(() => clock);
    open.push(store);
    return store;
  };
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  const hold = async (store: MeterStore, meters: readonly Meter[], demand: Partial<Demand> = {}) =>
    await store.hold(meters, { nano: 0, tokens: 0, ...demand }, clock);

  /** Lets it in and gives its settling. Throws where it is refused. */
  const held = async (store: MeterStore, meters: readonly Meter[], demand?: Partial<Demand>) => {
    const answer = await hold(store, meters, demand);
    if (isHeld(answer)) return answer;
    throw new Error(`refused by ${JSON.stringify(answer.refused)}`);
  };
  const refused = async (store: MeterStore, meters: readonly Meter[], demand?: Partial<Demand>) => {
    const answer = await hold(store, meters, demand);
    if (isHeld(answer)) throw new Error('let in');
    return answer;
  };
  const readings = async (store: MeterStore, meters: readonly Meter[]) =>
    (await store.read(meters, clock)).map(({ used, held: room }) => [used, room]);
  /** What is settled reaches a shared store a moment later. */
  const settledTo = async (
    store: MeterStore,
    meters: readonly Meter[],
    wanted: readonly (readonly number[])[],
  ) => {
    for (const end = Date.now() + 3000; Date.now() < end; await Bun.sleep(5))
      if (JSON.stringify(await readings(store, meters)) === JSON.stringify(wanted)) return;
    expect(await readings(store, meters)).toEqual(wanted.map((one) => [...one]));
  };

  describe(`meters in ${name}`, () => {
    test.each([
      ['budget', { budgets: [{ amountNano: 1000, period: 'day' as const }] }, { nano: 100 }],
      ['requests', { requests: 10 }, {}],
      ['tokens', { tokens: 1000 }, { tokens: 100 }],
      ['concurrent', { concurrent: 10 }, {}],
    ])(
      '%s: of 60 at once where there is room for 10, exactly 10 are let in',
      async (_, wanted, demand) => {
        const { replicas } = await started();
        const meters = metersOf(wanted);
        const over = shared ? replicas : replicas.slice(0, 1);
        const answers = await Promise.all(
          Array.from({ length: 60 }, (_, at) => {
            const store = over[at % over.length];
            if (store === undefined) throw new Error('no store');
            return hold(store, meters, demand);
          }),
        );
        const inside = answers.filter(isHeld);
        expect(inside).toHaveLength(10);
        for (const answer of answers)
          if (!isHeld(answer)) expect(answer.refused.meter).toEqual(meters[0] as Meter);
        for (const one of inside) one.settle({ nano: 100, tokens: 100 });
        expect(replicas.reduce((sum, store) => sum + store.held, 0)).toBe(0);
      },
    );

    test.each([
      [
        'budget',
        { budgets: [{ amountNano: 1000, period: 'month' as const }] },
        (n: number) => ({ nano: n }),
      ],
      ['tokens', { tokens: 1000 }, (n: number) => ({ tokens: n })],
    ])('%s: one below the limit, the limit, one above it', async (_, wanted, demand) => {
      const { replicas } = await started();
      const [store] = replicas;
      if (store === undefined) throw new Error('no store');
      for (const [first, second, lets] of [
        [999, 1, true],
        [999, 2, false],
        [1000, 1, false],
        [1000, 0, true],
        [0, 1000, true],
        [0, 1001, false],
        [1, 999, true],
      ] as const) {
        const meters = metersOf(wanted);
        await held(store, meters, demand(first));
        expect(isHeld(await hold(store, meters, demand(second)))).toBe(lets);
      }
    });

    test.each([
      ['requests', { requests: 3 }],
      ['concurrent', { concurrent: 3 }],
    ])('%s: the last one that fits is let in, the next is not', async (_, wanted) => {
      const store = first(await started());
      const meters = metersOf(wanted);
      for (let n = 0; n < 3; n += 1) await held(store, meters);
      await refused(store, meters);
    });

    test('a limit of nothing lets nobody in, but for what costs nothing', async () => {
      const store = first(await started());
      const budget = metersOf({ budgets: [{ amountNano: 0, period: 'total' }] });
      await refused(store, budget, { nano: 1 });
      await held(store, budget, { nano: 0 });
      await refused(store, metersOf({ requests: 0 }));
      await refused(store, metersOf({ concurrent: 0 }));
      await refused(store, metersOf({ tokens: 0 }), { tokens: 1 });
    });

    test('what nobody is asked for passes budgets and tokens that are full or overdrawn, takes none of them, and counts as a request', async () => {
      const store = first(await started());
      const free = { free: true } as const;
      const nothing = { nano: 0, tokens: 0 };
      const limits = { budgets: [{ amountNano: 10, period: 'day' as const }], tokens: 10 };
      const meters = metersOf({ ...limits, requests: 6, concurrent: 1 });
      const readingsAre = (...used: readonly number[]) =>
        settledTo(
          store,
          meters,
          used.map((one) => [one, 0]),
        );
      // Exactly full, then more than that.
      (await held(store, meters, { nano: 10, tokens: 10 })).settle({ nano: 10, tokens: 10 });
      await readingsAre(10, 1, 10, 0);
      (await held(store, meters, free)).settle(nothing);
      await readingsAre(10, 2, 10, 0);
      (await held(store, meters)).settle({ nano: 5, tokens: 5 });
      await readingsAre(15, 3, 15, 0);
      for (const requests of [4, 5]) {
        (await held(store, meters, free)).settle(nothing);
        await readingsAre(15, requests, 15, 0);
      }
      expect((await refused(store, meters)).refused.meter.kind).toBe('budget');
      // Of those under way it is one.
      const last = await held(store, meters, free);
      expect((await refused(store, meters, free)).refused.meter.kind).toBe('requests');
      last.settle(nothing);
      await readingsAre(15, 6, 15, 0);
      expect((await refused(store, meters, free)).refused.meter.kind).toBe('requests');
      expect(store.held).toBe(0);
    });

    test('settles at less, at more, and at what was held where nothing is known', async () => {
      const store = first(await started());
      const meters = metersOf({ budgets: [{ amountNano: 1000, period: 'week' }], tokens: 1000 });
      const settled = async (taken: Taken, wanted: readonly (readonly number[])[]) => {
        const room = await held(store, meters, { nano: 100, tokens: 50 });
        room.settle(taken);
        room.settle({ nano: 999, tokens: 999 });
        await settledTo(store, meters, wanted);
      };
      await settled({ nano: 30, tokens: 10 }, [
        [30, 0],
        [10, 0],
      ]);
      await settled({ nano: null, tokens: null }, [
        [130, 0],
        [60, 0],
      ]);
      await settled({ nano: 0, tokens: 0 }, [
        [130, 0],
        [60, 0],
      ]);
      await settled({ nano: 900, tokens: 945 }, [
        [1030, 0],
        [1005, 0],
      ]);
      const { refused: full } = await refused(store, meters, { nano: 1, tokens: 1 });
      expect(full).toMatchObject({ used: 1030, held: 0 });
      expect(store.held).toBe(0);
    });

    test('what is held is told, and is room again when it is over', async () => {
      const store = first(await started());
      const meters = metersOf({ budgets: [{ amountNano: 100, period: 'day' }], concurrent: 2 });
      const one = await held(store, meters, { nano: 60 });
      expect(one.readings.map(({ used, held: room }) => [used, room])).toEqual([
        [0, 60],
        [0, 1],
      ]);
      expect(await readings(store, meters)).toEqual([
        [0, 60],
        [0, 1],
      ]);
      expect(store.held).toBe(1);
      const { refused: full, opensAt } = await refused(store, meters, { nano: 41 });
      expect(full).toMatchObject({ used: 0, held: 60, meter: meters[0] as Meter });
      expect(opensAt).toBe(Date.UTC(2026, 10, 26));
      one.settle({ nano: 0, tokens: 0 });
      await settledTo(store, meters, [
        [0, 0],
        [0, 0],
      ]);
      expect(store.held).toBe(0);
      await held(store, meters, { nano: 100 });
    });

    test('all or nothing: what one meter refuses, no other has counted', async () => {
      const store = first(await started());
      const meters = metersOf({
        budgets: [
          { amountNano: 1000, period: 'day' },
          { amountNano: 10, period: 'total' },
        ],
        requests: 5,
        tokens: 100,
        concurrent: 5,
      });
      const { refused: full, opensAt } = await refused(store, meters, { nano: 11, tokens: 1 });
      expect([full.meter.period, opensAt]).toEqual(['total', null]);
      const { refused: tokens } = await refused(store, meters, { nano: 1, tokens: 101 });
      expect(tokens.meter.kind).toBe('tokens');
      expect(await readings(store, meters)).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ]);
      expect(store.held).toBe(0);
    });

    test('requests: at most so many in any sixty seconds, to the millisecond', async () => {
      const store = first(await started());
      const meters = metersOf({ requests: 2 });
      clock = T0 + 999;
      await held(store, meters);
      clock = T0 + 1500;
      await held(store, meters);
      const { refused: full, opensAt } = await refused(store, meters);
      expect(full).toMatchObject({ used: 2, held: 0 });
      // The second in which the first was made is counted to its end.
      expect(opensAt).toBe(T0 + 61_000);
      clock = T0 + 60_998;
      await refused(store, meters);
      clock = T0 + 61_000;
      await held(store, meters);
      await refused(store, meters);
      clock = T0 + 62_000;
      await held(store, meters);
      await refused(store, meters);
    });

    test('tokens count from when they are known', async () => {
      const store = first(await started());
      const meters = metersOf({ tokens: 100 });
      const one = await held(store, meters, { tokens: 100 });
      clock = T0 + 200_000;
      const { refused: full, opensAt } = await refused(store, meters, { tokens: 1 });
      expect(full).toMatchObject({ used: 0, held: 100 });
      expect(opensAt).toBeNull();
      one.settle({ nano: 0, tokens: 80 });
      await settledTo(store, meters, [[80, 0]]);
      await held(store, meters, { tokens: 20 });
      const again = await refused(store, meters, { tokens: 30 });
      expect(again.opensAt).toBe(T0 + 261_000);
      clock = T0 + 261_000;
      await held(store, meters, { tokens: 80 });
    });

    test.each([
      ['day', Date.UTC(2026, 10, 26)],
      ['week', Date.UTC(2026, 10, 30)],
      ['month', Date.UTC(2026, 11, 1)],
    ] as const)(
      'a budget a %s is whole again with the next, and not before',
      async (period, turn) => {
        const store = first(await started());
        const meters = metersOf({ budgets: [{ amountNano: 100, period }] });
        (await held(store, meters, { nano: 100 })).settle({ nano: 100, tokens: 0 });
        await settledTo(store, meters, [[100, 0]]);
        expect((await refused(store, meters, { nano: 1 })).opensAt).toBe(turn);
        clock = turn - 1;
        await refused(store, meters, { nano: 1 });
        clock = turn;
        expect(await readings(store, meters)).toEqual([[0, 0]]);
        await held(store, meters, { nano: 100 });
        await refused(store, meters, { nano: 1 });
      },
    );

    test('a budget for good is never whole again', async () => {
      const store = first(await started());
      const meters = metersOf({ budgets: [{ amountNano: 100, period: 'total' }] });
      (await held(store, meters, { nano: 100 })).settle({ nano: 100, tokens: 0 });
      await settledTo(store, meters, [[100, 0]]);
      clock = T0 + 400 * DAY;
      expect((await refused(store, meters, { nano: 1 })).opensAt).toBeNull();
    });

    test('what began in one period is charged to that one', async () => {
      const store = first(await started());
      const meters = metersOf({ budgets: [{ amountNano: 100, period: 'day' }] });
      const late = await held(store, meters, { nano: 100 });
      clock = Date.UTC(2026, 10, 26);
      const next = await held(store, meters, { nano: 70 });
      late.settle({ nano: 100, tokens: 0 });
      next.settle({ nano: 70, tokens: 0 });
      await settledTo(store, meters, [[70, 0]]);
      expect(store.held).toBe(0);
    });

    test('other meters are not touched', async () => {
      const store = first(await started());
      const [full, free] = [metersOf({ requests: 1 }), metersOf({ requests: 1 })];
      await held(store, full);
      await refused(store, full);
      await held(store, free);
    });

    test('nobody is limited by no meters', async () => {
      const store = first(await started());
      (await held(store, [], { nano: 5, tokens: 5 })).settle({ nano: 5, tokens: 5 });
      expect(store.held).toBe(0);
    });

    test('whatever happens, it agrees with the model, and nothing is held in the end', async () => {
      const store = first(await started());
      await fc.assert(
        fc.asyncProperty(storyOf, async (story) => {
          clock = T0;
          const meters = metersOf(story.limits);
          const model = new ModelMeters(meters);
          const under: { real: Reservation; ours: { settle(taken: Taken, now: number): void } }[] =
            [];
          const settle = async (at: number, taken: Taken) => {
            const [one] = under.splice(at % under.length, 1);
            one?.real.settle(taken);
            one?.ours.settle(taken, clock);
            await settledTo(store, meters, model.readings(clock));
          };
          for (const step of story.steps) {
            clock += step.laterMs;
            if (step.settles && under.length > 0) await settle(step.which, step.taken);
            else {
              const real = await hold(store, meters, step.demand);
              const ours = model.hold(step.demand, clock);
              expect(isHeld(real) ? null : real.refused.meter.id).toBe(
                typeof ours === 'string' ? ours : null,
              );
              if (isHeld(real) && typeof ours !== 'string') under.push({ real, ours });
            }
            const now = await readings(store, meters);
            expect(now).toEqual(model.readings(clock).map((one) => [...one]));
            expect(now.flat().every((count) => count >= 0)).toBe(true);
            expect(store.held).toBe(under.length);
          }
          while (under.length > 0) await settle(0, { nano: 1, tokens: 1 });
          expect((await readings(store, meters)).every(([, room]) => room === 0)).toBe(true);
          expect(store.held).toBe(0);
        }),
        { numRuns: stories ?? 300 },
      );
    });
  });
}

function first({ replicas: [store] }: StoreUnderTest): MeterStore {
  if (store === undefined) throw new Error('no store');
  return store;
}

const small = fc.integer({ min: 0, max: 12 });
const maybe = fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined });
const storyOf = fc.record({
  limits: fc.record({
    budgets: fc.uniqueArray(
      fc.record({
        amountNano: fc.integer({ min: 0, max: 60 }),
        period: fc.constantFrom(
          'day' as const,
          'week' as const,
          'month' as const,
          'total' as const,
        ),
      }),
      { selector: ({ period }) => period, maxLength: 3 },
    ),
    requests: maybe,
    tokens: maybe,
    concurrent: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  }),
  steps: fc.array(
    fc.record({
      settles: fc.boolean(),
      which: fc.nat(20),
      laterMs: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(0, 60_000, DAY)),
      demand: fc.oneof(
        { weight: 4, arbitrary: fc.record({ nano: small, tokens: small }) },
        { weight: 1, arbitrary: fc.constant({ nano: 0, tokens: 0, free: true as const }) },
      ),
      taken: fc.record({
        nano: fc.option(small, { nil: null }),
        tokens: fc.option(small, { nil: null }),
      }),
    }),
    { maxLength: 40 },
  ),
});
