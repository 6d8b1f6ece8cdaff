// Deadlines and pace: who is too slow is left in time, who is only slow is not, and no token is held back.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Blackhole, openBlackhole } from './blackhole.ts';
import { anthropicCaller, CALLERS, call, openaiCaller, trailOf } from './callers.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
let blackhole: Blackhole;
let gateway: GatewayUnderTest;
/** The same providers under the operator's own short limits. */
let hasty: GatewayUnderTest;

beforeAll(async () => {
  blackhole = await openBlackhole();
  const lost = `
  lost: { dialect: openai-chat, base_url: "${blackhole.url}", api_key: k }
`;
  const yaml = `${wires.yaml.replace('\nmodels:', `${lost}\nmodels:`)}\nserver: { drain: 500ms }\n`;
  gateway = await startGateway(`${yaml}\ntimeouts: { connect: 300ms }\n`);
  hasty = await startGateway(
    `${yaml}\ntimeouts: { first_token: 300ms, idle: 300ms, total: 700ms }\n`,
  );
});
afterAll(async () => {
  await blackhole.stop();
  await gateway.stop();
  await hasty.stop();
  await wires.stop();
});

const PROVIDERS = ['alpha', 'beta'] as const;
const LIMIT_MS = 300;
const TTFT = { ttft_timeout: `${LIMIT_MS}ms` };

/** Every caller and wire at once: what is measured is waiting. */
async function everyWay(work: (caller: typeof openaiCaller, provider: string) => Promise<void>) {
  await Promise.all(
    CALLERS.flatMap((caller) => PROVIDERS.map((provider) => work(caller, provider))),
  );
}

describe('first token', () => {
  test.each([
    'ttft=3000',
    'ttft=3000+first-chunks=headers',
    'ttft=3000+first-chunks=metadata',
    'ttft=3000+first-chunks=metadata+keepalive=40',
    'stall=0',
    'metadata=4+stall=0',
    'stall-headers',
  ])('%s: the next candidate answers, the slow one is let go', async (words) => {
    alpha.clear();
    beta.clear();
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+${words}+say=slow-${caller.name}`;
      const next = `${provider === 'alpha' ? 'beta' : 'alpha'}/echo`;
      const startedMs = performance.now();
      const heard = await call(gateway, caller, slow, {
        models: [next],
        stream: true,
        fallback: TTFT,
      });
      expect(performance.now() - startedMs).toBeWithin(LIMIT_MS - 5, LIMIT_MS + 600);
      expect(heard).toMatchObject({ status: 200, ended: true, starts: 1, error: null });
      expect(heard.text).not.toContain('slow');
      const status = words === 'ttft=3000' || words === 'stall-headers' ? null : 200;
      expect(trailOf(heard)).toEqual([
        [slow, status, 'upstream_first_token_timeout'],
        [next, 200, 'ok'],
      ]);
    });
    const slow = [...alpha.requests, ...beta.requests].filter(({ body }) => body.includes('slow'));
    expect(slow.length).toBe(CALLERS.length * PROVIDERS.length);
    for (const request of slow) {
      await until(() => request.clientAborted);
      // It hears of the request later than that was sent: the least is for the caller's clock to say.
      expect((request.endedAt ?? 0) - request.at).toBeLessThan(LIMIT_MS + 600);
    }
    expect(alpha.received + beta.received).toBe(2 * slow.length);
  });

  test('of a call that is not streamed: the reply must begin', async () => {
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+ttft=3000`;
      const heard = await call(gateway, caller, slow, { models: ['alpha/echo'], fallback: TTFT });
      expect(trailOf(heard)).toEqual([
        [slow, null, 'upstream_first_token_timeout'],
        ['alpha/echo', 200, 'ok'],
      ]);
      expect(heard.metadata?.losses).toEqual([]);
    });
  });

  test('the operator\u2019s own limit does the same for streams, and leaves whole replies alone', async () => {
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+ttft=450`;
      const models = ['alpha/echo'];
      const streamed = await call(hasty, caller, slow, { models, stream: true });
      expect(trailOf(streamed).map(([, , told]) => told)).toEqual([
        'upstream_first_token_timeout',
        'ok',
      ]);
      const whole = await call(hasty, caller, slow, { models });
      expect(trailOf(whole)).toEqual([[slow, 200, 'ok']]);
    });
  });

  test('a stream in time goes on as long as it likes', async () => {
    await everyWay(async (caller, provider) => {
      const steady = `${provider}/echo+tokens=12+gap=60`;
      const fallback = { ...TTFT, idle_timeout: '300ms' };
      const heard = await call(gateway, caller, steady, { stream: true, fallback });
      expect(heard).toMatchObject({ ended: true, error: null });
      expect(trailOf(heard)).toEqual([[steady, 200, 'ok']]);
    });
  });

  test('when nobody is in time, the caller gets a 504', async () => {
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+ttft=3000`;
      const heard = await call(gateway, caller, slow, { stream: true, fallback: TTFT });
      expect(heard.status).toBe(504);
      expect(heard.headers.get('content-type')).toBe('application/json');
      expect(heard.error).toMatchObject({ code: 'upstream_first_token_timeout' });
      expect(trailOf(heard).length).toBe(1);
    });
  });
});

describe('silence', () => {
  test('the caller\u2019s idle limit ends a stalled stream with an error event', async () => {
    await everyWay(async (caller, provider) => {
      const stalled = `${provider}/echo+tokens=20+stall=5`;
      const fallback = { idle_timeout: '250ms' };
      const startedMs = performance.now();
      const heard = await call(gateway, caller, stalled, { stream: true, fallback });
      expect(performance.now() - startedMs).toBeWithin(245, 850);
      expect(heard.error).toMatchObject({ code: 'upstream_idle_timeout' });
      expect(heard.ended).toBe(false);
    });
  });

  test('a stall that ends in time is no fault', async () => {
    await everyWay(async (caller, provider) => {
      const stalled = `${provider}/echo+tokens=20+stall=5:150`;
      const fallback = { idle_timeout: '400ms' };
      const heard = await call(gateway, caller, stalled, { stream: true, fallback });
      expect(heard).toMatchObject({ error: null, ended: true });
    });
  });

  test('in the middle of a whole reply: the next candidate answers', async () => {
    await everyWay(async (caller, provider) => {
      const stalled = `${provider}/echo+tokens=20+stall=1`;
      const fallback = { idle_timeout: '250ms' };
      const heard = await call(gateway, caller, stalled, { models: ['beta/echo'], fallback });
      expect(trailOf(heard)).toEqual([
        [stalled, 200, 'upstream_idle_timeout'],
        ['beta/echo', 200, 'ok'],
      ]);
    });
  });

  test('an error\u2019s body that never comes is not waited for', async () => {
    await everyWay(async (caller, provider) => {
      const failing = `${provider}/echo+status=500+stall=1`;
      const heard = await call(gateway, caller, failing, { models: ['beta/echo'], stream: true });
      expect(trailOf(heard)).toEqual([
        [failing, 500, 'upstream_error'],
        ['beta/echo', 200, 'ok'],
      ]);
    });
  });
});

describe('total', () => {
  test('a request that is not done in time ends, and its provider is let go', async () => {
    alpha.clear();
    beta.clear();
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+ttft=3000`;
      const fallback = { total_timeout: '300ms' };
      const heard = await call(gateway, caller, slow, { models: ['beta/echo'], fallback });
      expect(heard.status).toBe(504);
      expect(heard.error).toMatchObject({ code: 'total_timeout' });
      expect(trailOf(heard)).toEqual([[slow, null, 'total_timeout']]);
    });
    for (const sim of [alpha, beta]) {
      expect(sim.received).toBe(CALLERS.length);
      await until(() => sim.requests.every(({ clientAborted }) => clientAborted));
    }
  });

  test('in the middle of a stream: an error event', async () => {
    await everyWay(async (caller, provider) => {
      const long = `${provider}/echo+tokens=100+gap=40`;
      const heard = await call(hasty, caller, long, { stream: true });
      expect(heard).toMatchObject({ status: 200, ended: false, finish: null });
      expect(heard.text.length).toBeGreaterThan(20);
      expect(heard.error).toMatchObject({ code: 'total_timeout' });
    });
  });
});

describe('connection', () => {
  test('an address that swallows packets is left when the connect limit is over', async () => {
    for (const stream of [true, false]) {
      const startedMs = performance.now();
      const heard = await call(gateway, openaiCaller, 'lost/echo', {
        models: ['lost/other', 'beta/echo'],
        stream,
      });
      expect(performance.now() - startedMs).toBeWithin(295, 900);
      // The second model of the same address is not waited for.
      expect(trailOf(heard)).toEqual([
        ['lost/echo', null, 'upstream_connect_timeout'],
        ['beta/echo', 200, 'ok'],
      ]);
    }
    const alone = await call(gateway, anthropicCaller, 'lost/echo');
    expect(alone.status).toBe(504);
    expect(alone.error?.message).toContain('300 ms');
  });

  test('a slow answer over a good connection is not mistaken for one', async () => {
    await everyWay(async (caller, provider) => {
      const slow = `${provider}/echo+ttft=500`;
      const heard = await call(gateway, caller, slow, { stream: true });
      expect(trailOf(heard)).toEqual([[slow, 200, 'ok']]);
    });
  });
});

describe('pace', () => {
  const GAP_MS = 30;
  const TOKENS = 34;

  test('every token leaves when it comes', async () => {
    await everyWay(async (caller, provider) => {
      const paced = `${provider}/echo+tokens=${TOKENS}+gap=${GAP_MS}+ttft=100`;
      const startedMs = performance.now();
      const heard = await call(gateway, caller, paced, { stream: true });
      const times = heard.frames
        .filter((frame) => caller.textOf(frame) !== '')
        .map(({ atMs }) => atMs);
      expect(times.length).toBe(TOKENS);
      // The first is not held back until the second comes, nor are several sent together.
      expect((times[0] ?? 0) - startedMs).toBeWithin(95, 100 + GAP_MS);
      const errors = times
        .slice(1)
        .map((atMs, index) => Math.abs(atMs - (times[index] ?? 0) - GAP_MS))
        .sort((a, b) => a - b);
      expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(5);
      expect(errors[Math.floor(errors.length * 0.95)]).toBeLessThan(60);
    });
  });
});
