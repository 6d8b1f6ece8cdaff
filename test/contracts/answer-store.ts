// The contract of every store of answers: what is kept is given to its key until it is too old, and nothing else ever is.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { AnswerStore } from '../../src/cache/answer-store.ts';
import type { MemoryBounds } from '../../src/cache/memory-answers.ts';
import type { CachedAnswer } from '../../src/core/cached-answer.ts';
import { UNKNOWN_USAGE } from '../../src/core/usage.ts';
import { until as untilWithin } from '../journeys/until.ts';

export interface OpenedStores {
  /** Empty; where replicas share, what one keeps all have. */
  readonly store: AnswerStore;
  /** Another process, as it starts later with what is kept then; null: nothing outlives a process. */
  readonly next: (() => Promise<AnswerStore>) | null;
  close(): Promise<void>;
}

export interface StoreSetting {
  bounds(): MemoryBounds;
  now(): number;
}

export const ROOMY: MemoryBounds = {
  maxBytes: 64_000_000,
  maxEntries: 1000,
  maxEntryBytes: 1_000_000,
};
/** Longer than anything waits here, however busy the machine is. */
const LONG_MS = 15_000;
const until = (what: () => boolean | Promise<boolean>) => untilWithin(what, LONG_MS);
const NOW = 1_800_000_000_000;
const TTL_MS = 60_000;

export function answerOf(text: string, more: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    id: `gen-${text.slice(0, 20)}`,
    owner: { tenant: 'key_a', user: null, namespace: null },
    model: 'alpha/echo',
    provider: 'alpha',
    at: NOW,
    expiresAt: NOW + TTL_MS,
    wire: 'openai-chat',
    form: 'reply',
    text,
    askedIn: 'openai-chat',
    timesMs: null,
    usage: { ...UNKNOWN_USAGE, input: 3, output: 5 },
    usageEstimated: false,
    costNano: 1234,
    finishReason: 'stop',
    losses: ['messages[0].name: dropped'],
    simulated: true,
    ...more,
  };
}

export function answerStoreContract(
  name: string,
  open: (setting: StoreSetting) => Promise<OpenedStores>,
): void {
  describe(`answers in ${name}`, () => {
    let now = NOW;
    let bounds = ROOMY;
    let opened: OpenedStores;
    let store: AnswerStore;
    let later: AnswerStore[] = [];

    beforeEach(async () => {
      now = NOW;
      bounds = ROOMY;
      opened = await open({ bounds: () => bounds, now: () => now });
      store = opened.store;
    });
    afterEach(async () => {
      await Promise.all(later.map((one) => one.close()));
      later = [];
      await opened.close();
    });
    const next = async (): Promise<AnswerStore | null> => {
      await store.flush();
      const one = await opened.next?.();
      if (one !== undefined) later.push(one);
      return one ?? null;
    };

    test('are given as they were kept, to their key alone', async () => {
      const texts = [
        '{"a":"ü 😀"}',
        'data: x\n\ndata: \u0000\u2028 "\\n"\n\n',
        'x'.repeat(200_000),
      ];
      const kept = texts.map((text, at) =>
        answerOf(text, {
          form: at === 1 ? 'frames' : 'events',
          timesMs: at === 1 ? [0, 17] : null,
          owner: { tenant: `key_${at}`, user: 'Zoë', namespace: null },
          costNano: at === 0 ? null : at,
        }),
      );
      for (const [at, answer] of kept.entries()) store.keep(`k${at}`, answer);
      for (const [at, answer] of kept.entries()) expect(await store.find(`k${at}`)).toEqual(answer);
      expect(await store.find('k3')).toBeNull();
      expect(store.figures()).toMatchObject({ entries: 3, evicted: 0, expired: 0, trouble: null });
      const other = await next();
      if (other === null) return;
      for (const [at, answer] of kept.entries()) expect(await other.find(`k${at}`)).toEqual(answer);
      expect(await other.find('k3')).toBeNull();
    });

    test('are given until they are too old, and not from then on', async () => {
      store.keep('a', answerOf('old'));
      store.keep('b', answerOf('young', { expiresAt: NOW + 2 * TTL_MS }));
      store.keep('c', answerOf('too old already', { expiresAt: NOW }));
      expect(await store.find('c')).toBeNull();
      const other = await next();
      now = NOW + TTL_MS - 1;
      expect(await store.find('a')).toMatchObject({ text: 'old' });
      now += 1;
      for (const one of [store, ...(other === null ? [] : [other])]) {
        expect(await one.find('a')).toBeNull();
        expect(await one.find('b')).toMatchObject({ text: 'young' });
      }
      expect(store.figures()).toMatchObject({ entries: 1, expired: 1, evicted: 0 });
      expect(await (await next())?.find('a')).toBeOneOf([null, undefined]);
    });

    test('one that is there already is replaced, and is counted once', async () => {
      store.keep('a', answerOf('first'));
      const { bytes } = store.figures();
      store.keep('a', answerOf('other'));
      expect(store.figures()).toMatchObject({ entries: 1, bytes });
      expect(await store.find('a')).toMatchObject({ text: 'other' });
      expect(await (await next())?.find('a')).toBeOneOf([
        undefined,
        expect.objectContaining({ text: 'other' }),
      ]);
      store.keep('a', answerOf('x'.repeat(ROOMY.maxEntryBytes + 1)));
      expect(await store.find('a')).toBeNull();
      expect(store.figures()).toMatchObject({ entries: 0, bytes: 0 });
      expect(await (await next())?.find('a')).toBeOneOf([null, undefined]);
    });

    test('the one not asked for longest goes first, by count and by size', async () => {
      bounds = { ...ROOMY, maxEntries: 3 };
      for (const key of ['a', 'b', 'c']) store.keep(key, answerOf(key));
      expect(await store.find('a')).not.toBeNull();
      store.keep('d', answerOf('d'));
      expect(store.figures()).toMatchObject({ entries: 3, evicted: 1 });
      expect((await found(store, 'acd')).join('')).toBe('acd');
      const { bytes } = store.figures();
      bounds = { ...ROOMY, maxBytes: bytes + 5000 };
      store.keep('e', answerOf('e'.repeat(2500)));
      expect(store.figures().bytes).toBeLessThanOrEqual(bounds.maxBytes);
      expect((await found(store, 'cde')).join('')).toBe('cde');
      // Lowered while it runs, and without anything being kept.
      bounds = { ...ROOMY, maxEntries: 1 };
      await until(() => store.figures().entries === 1);
      expect(await store.find('e')).not.toBeNull();
      bounds = { ...ROOMY, maxBytes: 0 };
      await until(() => store.figures().bytes === 0);
    });

    test('what is too old goes by itself', async () => {
      for (const key of ['a', 'b', 'c']) store.keep(key, answerOf(key));
      now = NOW + TTL_MS;
      await until(() => store.figures().entries === 0);
      expect(store.figures()).toMatchObject({ bytes: 0, expired: 3, evicted: 0 });
    });

    test('one that is forgotten is given to nobody, until it is kept anew', async () => {
      store.keep('a', answerOf('one'));
      store.keep('b', answerOf('two'));
      await store.flush();
      store.forget('a');
      store.forget('never kept');
      expect(await store.find('a')).toBeNull();
      expect(await store.find('b')).not.toBeNull();
      const other = await next();
      if (other !== null) {
        await until(async () => (await other.find('a')) === null);
        expect(await other.find('b')).not.toBeNull();
      }
      store.keep('a', answerOf('three'));
      expect(await store.find('a')).toMatchObject({ text: 'three' });
    });

    const owned = {
      a: answerOf('a', { owner: { tenant: 'key_a', user: 'u1', namespace: null } }),
      b: answerOf('b', { owner: { tenant: 'key_a', user: 'u2', namespace: 'n1' } }),
      c: answerOf('c', { owner: { tenant: 'key_b', user: 'u1', namespace: 'n1' } }),
      d: answerOf('d', { owner: { tenant: 'key_b', user: null, namespace: null }, model: 'm/2' }),
    };
    for (const [what, filter, left] of [
      ['of a tenant', { tenant: 'key_a' }, 'cd'],
      ['of a user', { user: 'u1' }, 'bd'],
      ['of a namespace', { namespace: 'n1' }, 'ad'],
      ['of a model', { model: 'm/2' }, 'abc'],
      ['of a tenant and a user', { tenant: 'key_b', user: 'u1' }, 'abd'],
      ['of nobody', { tenant: 'key_c' }, 'abcd'],
      ['all', {}, ''],
    ] as const) {
      test(`are dropped: ${what}`, async () => {
        for (const [key, answer] of Object.entries(owned)) store.keep(key, answer);
        const other = await next();
        expect(await store.drop(filter)).toBe(4 - left.length);
        expect((await found(store, 'abcd')).join('')).toBe(left);
        expect(store.figures()).toMatchObject({ entries: left.length, evicted: 0, expired: 0 });
        expect(await store.drop(filter)).toBe(0);
        if (other !== null) await until(async () => (await found(other, 'abcd')).join('') === left);
        const third = await next();
        if (third !== null) expect((await found(third, 'abcd')).join('')).toBe(left);
        // What is kept afterwards stays.
        store.keep('a', owned.a);
        expect(await store.find('a')).toEqual(owned.a);
        // What others dropped is heard of every second: one's own drop is not heard of again.
        if (what === 'all') await Bun.sleep(1500);
        expect(await store.find('a')).toEqual(owned.a);
        expect(await (await next())?.find('a')).toBeOneOf([undefined, owned.a]);
      });
    }
  });
}

async function found(store: AnswerStore, keys: string): Promise<readonly string[]> {
  const all = await Promise.all([...keys].map(async (key) => (await store.find(key)) && key));
  return all.filter((key) => key !== null);
}
