// Targets asked one after the other or beside each other: who is asked when, who wins, and what is written down of the rest.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Candidate } from '../core/plan.ts';
import { Abort } from '../lib/abort.ts';
import { Load } from '../upstream/load.ts';
import { complete } from './complete.ts';
import { Recording } from './recording.ts';
import { type Target, TargetLine } from './targets.ts';
import type { Attempts, Work } from './try-target.ts';

/** After so many milliseconds, or once another was asked or has ended, the target answers, or fails with this. */
type Behaviour = readonly [when: number | Moment, fails?: ErrorCode];
type Moment = `${'asked' | 'ended'} ${string}`;

const NO_LIMITS = { connectMs: null, firstTokenMs: null, idleMs: null };

function candidates(names: readonly string[]): readonly Candidate[] {
  return names.map((name) => ({ ...exampleCandidate({ id: name }), id: `${name}/m` }));
}

/** One request to targets that behave like this, in this order. */
function asking(
  behaviours: { readonly [name: string]: Behaviour },
  hedgeMs: number | null,
  admits: (name: string) => boolean = () => true,
) {
  const rows: Exchange[] = [];
  const recording = new Recording(
    { id: 'g', at: 1, endpoint: 'chat.completions', dialect: 'openai-chat' },
    (exchange) => rows.push(exchange),
  );
  const plan = {
    requested: 'm',
    candidates: candidates(Object.keys(behaviours)),
    why: [],
    routerId: null,
    routeId: null,
    variantId: null,
    settings: null,
    commands: null,
    facts: null,
  };
  recording.plan(plan);
  const abort = new Abort<GatewayError>();
  const sticky = { user: null, opening: () => '' };
  const nameOf = ({ candidate }: Target) => candidate.configured.provider.id;
  const load = new Load();
  const line = new TargetLine(plan, sticky, load, (target) => admits(nameOf(target)));
  const attempts: Attempts = { line, recording, abort, by: { load } };
  const asked: string[] = [];
  const moments = new Map<Moment, PromiseWithResolvers<void>>();
  const momentOf = (moment: Moment) => {
    const known = moments.get(moment) ?? Promise.withResolvers<void>();
    moments.set(moment, known);
    return known;
  };
  const at = (moment: Moment) => momentOf(moment).promise;
  const stopped: string[] = [];
  const discarded: string[] = [];
  const work: Work<string> = {
    limits: NO_LIMITS,
    hedgeMs,
    retries: 0,
    async attempt(target, _record, options) {
      const name = nameOf(target);
      asked.push(name);
      momentOf(`asked ${name}`).resolve();
      const [when, fails] = behaviours[name] ?? [0];
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = typeof when === 'number' ? setTimeout(resolve, when) : undefined;
      // A turn later, so that what came of the other is known.
      if (typeof when !== 'number') void at(when).then(() => setTimeout(resolve));
      options.abort.add((reason) => {
        clearTimeout(timer);
        stopped.push(`${name} ${reason.code}`);
        reject(reason);
      });
      await promise.finally(() => momentOf(`ended ${name}`).resolve());
      if (fails !== undefined) throw new GatewayError(fails, 'as told');
      return name;
    },
    discard: (name) => discarded.push(name),
    settle: () => undefined,
  };
  const outcomes = () => {
    recording.finish('ok', 200, null);
    return rows[0]?.attempts.map(({ provider, error }) => [provider, error]);
  };
  return { work, attempts, asked, stopped, discarded, outcomes, abort, line, at };
}

describe('one by one', () => {
  test('the next is asked when the one before has failed, and never before', async () => {
    const one = asking({ a: [5, 'upstream_error'], b: [5, 'upstream_rate_limited'], c: [0] }, null);
    expect(await complete(one.work, one.attempts)).toBe('c');
    expect(one.outcomes()).toEqual([
      ['a', 'upstream_error'],
      ['b', 'upstream_rate_limited'],
      ['c', null],
    ]);
  });

  test('whoever is ill is asked last, but asked', async () => {
    const one = asking({ a: [0], b: [0, 'upstream_error'] }, null, (name) => name !== 'a');
    expect(await complete(one.work, one.attempts)).toBe('a');
    expect(one.asked).toEqual(['b', 'a']);
  });

  test('an answer that breaks before it is whole is a failure like any other', async () => {
    const one = asking({ a: [0], b: [0] }, null);
    const whole = (name: string) =>
      name === 'a'
        ? Promise.reject(new GatewayError('upstream_stream_truncated', 'cut'))
        : Promise.resolve(name);
    expect(await complete({ ...one.work, whole }, one.attempts)).toBe('b');
    expect(one.outcomes()).toEqual([
      ['a', 'upstream_stream_truncated'],
      ['b', null],
    ]);
  });
});

describe('a race', () => {
  test('the silent one runs on, and loses', async () => {
    const one = asking({ a: [5000], b: [5] }, 20);
    expect(await complete(one.work, one.attempts)).toBe('b');
    expect(one.stopped).toEqual(['a race_lost']);
    expect(one.outcomes()).toEqual([
      ['a', 'race_lost'],
      ['b', null],
    ]);
  });

  test('the silent one runs on, and wins', async () => {
    const one = asking({ a: ['asked b'], b: [5000] }, 20);
    expect(await complete(one.work, one.attempts)).toBe('a');
    expect(one.asked).toEqual(['a', 'b']);
    expect(one.stopped).toEqual(['b race_lost']);
    // The loser may be asked again, should the winner break off.
    expect(one.line.next()?.candidate.id).toBe('b/m');
  });

  test('losers stand in line as they did', async () => {
    const one = asking({ a: [5000], b: [5000], c: [0], d: [0] }, 10);
    expect(await complete(one.work, one.attempts)).toBe('c');
    expect([one.line.next(), one.line.next()].map((target) => target?.candidate.id)).toEqual([
      'a/m',
      'b/m',
    ]);
  });

  test('who fails in the moment another wins is not asked again', async () => {
    const one = asking({ a: [5000], b: [5000] }, 10);
    const { promise: failing, reject } = Promise.withResolvers<string>();
    const { promise: winning, resolve } = Promise.withResolvers<string>();
    const attempt = (target: Target) => {
      if (target.candidate.id === 'a/m') return failing;
      setTimeout(() => {
        resolve('b');
        reject(new GatewayError('upstream_overloaded', 'as told'));
      });
      return winning;
    };
    expect(await complete({ ...one.work, attempt }, one.attempts)).toBe('b');
    expect(one.line.next()).toBeNull();
    expect(one.outcomes()).toEqual([
      ['a', 'upstream_overloaded'],
      ['b', null],
    ]);
  });

  test('nobody is asked beside one that is quick', async () => {
    const one = asking({ a: [0], b: [0] }, 1000);
    expect(await complete(one.work, one.attempts)).toBe('a');
    expect(one.asked).toEqual(['a']);
  });

  test('a failure starts the next at once', async () => {
    const one = asking({ a: [0, 'upstream_error'], b: [0] }, 60_000);
    expect(await complete(one.work, one.attempts)).toBe('b');
  });

  test('with everybody failing the last error names them all', async () => {
    const one = asking({ a: ['ended b', 'upstream_error'], b: [5, 'upstream_unavailable'] }, 10);
    const error = await complete(one.work, one.attempts).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'upstream_error' });
    expect(String(error)).toContain('b/m (upstream_unavailable)');
  });

  test('a request that one refuses is put to nobody else, but who is at it may answer', async () => {
    const one = asking({ a: ['ended b'], b: [5, 'upstream_invalid_request'], c: [0] }, 10);
    expect(await complete(one.work, one.attempts)).toBe('a');
    expect(one.asked).toEqual(['a', 'b']);
    const two = asking({ a: [5, 'upstream_invalid_request'], b: [0] }, 1000);
    const error = await complete(two.work, two.attempts).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'upstream_invalid_request' });
    expect(two.asked).toEqual(['a']);
  });

  test('hung up, all stop', async () => {
    const one = asking({ a: [5000], b: [5000] }, 10);
    const done = complete(one.work, one.attempts).catch((thrown: unknown) => thrown);
    await one.at('asked b');
    one.abort.trigger(new GatewayError('client_closed', 'gone'));
    expect(await done).toMatchObject({ code: 'client_closed' });
    expect(one.stopped).toEqual(['a client_closed', 'b client_closed']);
  });
});
