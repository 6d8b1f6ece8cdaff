// Requests that are the same and under way together: one call at the provider, a whole answer for each, whoever leaves early.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { asObject } from '../../src/lib/json.ts';
import { CALLERS, type Caller, call, hear, openaiCaller, trailOf } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\ncache: { mode: exact }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});
afterEach(() => {
  alpha.clear();
  beta.clear();
});

let asked = 0;
/** Nobody has asked this before. */
const fresh = () => {
  asked += 1;
  return { temperature: asked / 1e6 };
};
const stream = { stream: true };

/** Sends a call that can be hung up. */
function start(caller: Caller, model: string, more: object) {
  const controller = new AbortController();
  const response = fetch(gateway.url + caller.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(caller.body(model, { ...more })),
    signal: controller.signal,
  });
  return {
    heard: response.then((one) => hear(caller, one)),
    hangUp: () => controller.abort(),
  };
}

const rowsOf = async (count: number) => {
  await until(async () => (await gateway.rows()).length >= count);
  return gateway.rows();
};

describe('the same stream, asked for by many at once', () => {
  test.each(CALLERS.map((caller) => [caller.name, caller] as const))(
    '%s: one call, the same answer for each, with ids of their own',
    async (_, caller) => {
      for (const model of ['alpha/echo+tokens=30+gap=5', 'beta/echo+tokens=30+gap=5']) {
        const sim = model.startsWith('alpha') ? alpha : beta;
        const before = sim.received;
        const rows = (await gateway.rows()).length;
        const more = { ...fresh(), ...stream };
        const all = await Promise.all(
          Array.from({ length: 40 }, () => call(gateway, caller, model, more)),
        );
        expect(sim.received - before).toBe(1);
        const [first] = all;
        for (const heard of all) {
          expect([heard.status, heard.ended, heard.starts, heard.error]).toEqual([
            200,
            true,
            1,
            null,
          ]);
          expect(heard.text).toBe(first?.text ?? '');
          expect(heard.finish).toBe(caller.stopped);
        }
        expect(first?.text.length).toBeGreaterThan(50);
        const ids = all.map(({ frames }) => {
          const json = frames[0]?.json;
          return asObject(json?.message)?.id ?? asObject(json?.response)?.id ?? json?.id;
        });
        expect(new Set(ids).size).toBe(40);
        const told = all.map(({ metadata }) => [metadata?.cache_hit, metadata?.cost_usd === 0]);
        expect(told.filter(([hit]) => hit === false)).toEqual([[false, false]]);
        expect(told.filter(([hit]) => hit === 'exact')).toEqual(Array(39).fill(['exact', true]));
        const logged = (await rowsOf(rows + 40)).slice(rows);
        expect(logged.filter(({ attempts }) => attempts.length === 1).length).toBe(1);
        expect(
          logged.filter(({ cache, cost_usd }) => cache === 'exact' && cost_usd === 0).length,
        ).toBe(39);
        expect(logged.every(({ outcome }) => outcome === 'ok')).toBe(true);
      }
    },
  );

  test('who comes late gets what was sent so far, then the rest as it comes', async () => {
    const more = { ...fresh(), ...stream };
    const model = 'alpha/echo+tokens=40+gap=20';
    const leader = call(gateway, openaiCaller, model, more);
    await until(() => alpha.received === 1);
    await Bun.sleep(300);
    const late = await call(gateway, openaiCaller, model, more);
    const first = await leader;
    expect(late.text).toBe(first.text);
    expect(alpha.received).toBe(1);
    const times = late.frames.map(({ atMs }) => atMs);
    // The rest took its time, as the provider did.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(100);
    expect(late.metadata).toMatchObject({ cache_hit: 'exact', cache: { shared: true } });
  });

  test('who wants it whole waits for the stream of another; a stream never waits for the whole of another', async () => {
    const more = fresh();
    const model = 'alpha/echo+tokens=20+gap=10';
    const streamed = call(gateway, openaiCaller, model, { ...more, ...stream });
    await until(() => alpha.received === 1);
    const whole = await call(gateway, openaiCaller, model, more);
    expect(whole.text).toBe((await streamed).text);
    expect(whole.finish).toBe('stop');
    expect(alpha.received).toBe(1);

    const other = fresh();
    const collected = call(gateway, openaiCaller, model, other);
    await until(() => alpha.received === 2);
    await call(gateway, openaiCaller, model, { ...other, ...stream });
    await collected;
    expect(alpha.received).toBe(3);
  });

  test('whole replies share a call too', async () => {
    for (const caller of CALLERS) {
      alpha.clear();
      const before = alpha.received;
      const more = fresh();
      const all = await Promise.all(
        Array.from({ length: 10 }, () => call(gateway, caller, 'alpha/echo+ttft=50', more)),
      );
      expect(alpha.received - before).toBe(1);
      expect(new Set(all.map(({ text }) => text)).size).toBe(1);
      expect(all.every(({ status }) => status === 200)).toBe(true);
    }
  });
});

describe('hanging up', () => {
  const model = 'alpha/echo+tokens=40+gap=15';

  test('of one who joined changes nothing for the others', async () => {
    const more = { ...fresh(), ...stream };
    const leader = start(openaiCaller, model, more);
    await until(() => alpha.received === 1);
    const joined = start(openaiCaller, model, more);
    const other = start(openaiCaller, model, more);
    await Bun.sleep(150);
    joined.hangUp();
    await joined.heard.catch(() => null);
    const [first, second] = await Promise.all([leader.heard, other.heard]);
    expect([first.ended, second.ended]).toEqual([true, true]);
    expect(second.text).toBe(first.text);
    expect(alpha.received).toBe(1);
  });

  test('of the one who asked first does not end it for the others; its row says who left, and all that it cost', async () => {
    const rows = (await gateway.rows()).length;
    const more = { ...fresh(), ...stream };
    const leader = start(openaiCaller, model, more);
    await until(() => alpha.received === 1);
    const joined = start(openaiCaller, model, more);
    await Bun.sleep(150);
    leader.hangUp();
    await leader.heard.catch(() => null);
    const heard = await joined.heard;
    expect([heard.ended, heard.finish, heard.error]).toEqual([true, 'stop', null]);
    expect(heard.text.length).toBeGreaterThan(80);
    expect(alpha.received).toBe(1);
    const logged = (await rowsOf(rows + 2)).slice(rows);
    const left = logged.find(({ attempts }) => attempts.length === 1);
    const shared = logged.find(({ attempts }) => attempts.length === 0);
    expect(left).toMatchObject({
      outcome: 'aborted',
      status: 499,
      error: { code: 'client_closed' },
    });
    expect(left?.attempts[0]).toMatchObject({ success: true });
    expect(left?.usage.output).toBeGreaterThan(30);
    expect(left?.usage_estimated).toBe(false);
    expect(shared).toMatchObject({ outcome: 'ok', cache: 'exact', cost_usd: 0 });
  });

  test('before anything came it does not end it either', async () => {
    const more = { ...fresh(), ...stream };
    const slow = 'alpha/echo+ttft=400+tokens=5';
    const leader = start(openaiCaller, slow, more);
    await until(() => alpha.received === 1);
    const joined = start(openaiCaller, slow, more);
    await Bun.sleep(100);
    leader.hangUp();
    await leader.heard.catch(() => null);
    expect((await joined.heard).ended).toBe(true);
    expect(alpha.received).toBe(1);
  });

  test('of all of them lets the provider go', async () => {
    const more = { ...fresh(), ...stream };
    const all = Array.from({ length: 3 }, () => start(openaiCaller, `${model}+tokens=400`, more));
    await until(() => alpha.received === 1);
    await Bun.sleep(200);
    for (const one of all) {
      one.hangUp();
      await one.heard.catch(() => null);
    }
    await until(() => alpha.requests[0]?.endedAt !== null);
    expect(alpha.requests[0]?.clientAborted).toBe(true);
    await until(async () => gateway.gateway.answers.flights.size === 0);
  });
});

describe('failure', () => {
  test('of the first call is tried again by one of the others, for all of them', async () => {
    const more = { ...fresh(), ...stream };
    const model = 'alpha/echo+ttft=100+status=500+times=2+tokens=5';
    const all = await Promise.all(
      Array.from({ length: 8 }, () => call(gateway, openaiCaller, model, more)),
    );
    const statuses = all.map(({ status }) => status).sort();
    // The leader tried twice and failed; the next asked once, and the others shared its answer.
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 502]);
    expect(alpha.received).toBe(3);
  });

  test('that would be anybody’s is everybody’s, without asking again', async () => {
    const more = { ...fresh(), ...stream };
    const all = await Promise.all(
      Array.from({ length: 8 }, () =>
        call(gateway, openaiCaller, 'alpha/echo+ttft=100+status=400', more),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(400));
    expect(alpha.received).toBe(1);
  });

  test('by the first one’s own deadline leaves the others their answer', async () => {
    const shaped = { ...fresh(), ...stream };
    const model = 'alpha/echo+ttft=600+tokens=5';
    const hasty = call(gateway, openaiCaller, model, {
      ...shaped,
      fallback: { total_timeout: '300ms' },
    });
    await until(() => alpha.received === 1);
    const patient = await call(gateway, openaiCaller, model, shaped);
    expect((await hasty).status).toBe(504);
    expect([patient.status, patient.ended]).toEqual([200, true]);
  });

  test('in the middle is mended once, and everybody gets the same whole answer', async () => {
    const more = { ...fresh(), ...stream, models: ['beta/echo+tokens=30'] };
    const model = 'alpha/echo+tokens=30+gap=10+cut=12';
    const all = await Promise.all(
      Array.from({ length: 10 }, () => call(gateway, openaiCaller, model, more)),
    );
    expect([alpha.received, beta.received]).toEqual([1, 1]);
    for (const heard of all) {
      expect([heard.status, heard.ended, heard.starts, heard.error]).toEqual([200, true, 1, null]);
      expect(heard.text).toBe(all[0]?.text ?? '');
    }
    const trails = all.map(trailOf).filter((trail) => trail.length > 0);
    expect(trails.length).toBe(1);
    // What two models made is nobody else's.
    alpha.clear();
    await call(gateway, openaiCaller, model, more);
    expect(alpha.received).toBe(1);
  });

  test('in the middle, with nobody to go on, is told to all', async () => {
    const more = { ...fresh(), ...stream };
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        call(gateway, openaiCaller, 'alpha/echo+tokens=30+gap=10+cut=12', more),
      ),
    );
    expect(all.map(({ ended, error }) => [ended, error?.code])).toEqual(
      Array(5).fill([false, 'upstream_stream_truncated']),
    );
    expect(alpha.received).toBe(1);
  });
});

test('who does not read does not hold up those who do', async () => {
  const more = { ...fresh(), ...stream };
  const model = 'alpha/echo+tokens=3000+gap=0';
  const stalled = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(openaiCaller.body(model, more)),
  });
  const heard = await call(gateway, openaiCaller, model, more);
  expect([heard.ended, heard.finish]).toEqual([true, 'stop']);
  expect(alpha.received).toBe(1);
  expect((await hear(openaiCaller, stalled)).text).toBe(heard.text);
});

test('an answer too long to be kept is not held in memory, and is asked for again', async () => {
  const more = { ...fresh(), ...stream };
  const model = 'alpha/echo+tokens=12000+gap=0';
  const first = await call(gateway, openaiCaller, model, more);
  const second = await call(gateway, openaiCaller, model, more);
  expect(first.raw.length).toBeGreaterThan(1024 * 1024);
  expect([first.ended, second.ended]).toEqual([true, true]);
  expect(alpha.received).toBe(2);
});

test('who follows and reads late gets all of it', async () => {
  const more = { ...fresh(), ...stream };
  const model = 'alpha/echo+ttft=300+tokens=60000+gap=0';
  const request = () =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(openaiCaller.body(model, more)),
    });
  const leading = request();
  await until(() => alpha.received === 1);
  const following = request();
  const leader = await hear(openaiCaller, await leading);
  const follower = await hear(openaiCaller, await following);
  expect(leader.raw.length).toBeGreaterThan(8 * 1024 * 1024);
  expect([leader.ended, follower.ended, alpha.received]).toEqual([true, true, 1]);
  expect(follower.text).toBe(leader.text);
}, 60_000);
