// Health through real requests: who fails is asked last, one request finds out whether it still does, and the operator sees it all.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { parseConfig } from '../../src/config/load.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { CALLERS, call, type Heard, hear, openaiCaller, trailOf } from './callers.ts';
import { blocksOf, departs, readDocument } from './documents.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const SECRETS = { first: 'first-secret-key', second: 'second-secret-key' };
const PROMPT = 'Say something.';

let first: Sim;
let second: Sim;
let gateway: GatewayUnderTest;
let now = 0;

beforeAll(() => {
  first = startSim({ seed: 1 });
  second = startSim({ seed: 2 });
});
beforeEach(() => {
  first.clear();
  second.clear();
});
afterAll(async () => {
  await first.stop();
  await second.stop();
});

function yamlFor(url: string, more: string): string {
  // Soon enough for a test.
  return `
${more.includes('health:') ? '' : 'health: { min_failures: 5, cool_after: 1 }'}
providers:
  first: { dialect: openai-chat, base_url: "${url}", api_key: ${SECRETS.first}, models: [echo, other] }
  second: { dialect: openai-chat, base_url: "${second.url}", api_key: ${SECRETS.second}, models: [echo] }
${more}`;
}

/** Two providers of the same model, the first of which behaves like this; health goes by a clock that the test moves. */
async function withProviders(
  words: string,
  work: () => Promise<void>,
  { more = '', url = words === '' ? first.url : first.urlWith(words) } = {},
): Promise<void> {
  now = 1e6;
  gateway = await startGateway(
    yamlFor(url, more),
    {},
    { healthClock: { now: () => now, chance: () => 0 } },
  );
  try {
    await work();
  } finally {
    await gateway.stop();
  }
}

const ask = (model = 'echo', more: JsonObject = {}) => call(gateway, openaiCaller, model, more);

async function askTimes(times: number, model?: string): Promise<void> {
  for (let time = 0; time < times; time++) await ask(model);
}

/** The models asked, in order. */
const asked = (heard: Heard) => trailOf(heard).map(([model]) => model);

async function health(
  query = '',
  key = ADMIN_KEY,
): Promise<{ readonly status: number; readonly body: JsonObject; readonly text: string }> {
  const headers = key === '' ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${gateway.url}/router/v1/health${query}`, { headers });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as JsonObject, text };
}

/** What is told of one target. */
async function told(provider: string, model = 'echo'): Promise<JsonObject> {
  const { body } = await health(`?provider=${provider}&model=${model}`);
  const targets = asObjects(body.targets);
  expect(targets).toHaveLength(1);
  return targets[0] ?? {};
}

const BOTH = ['first/echo', 'second/echo'];

describe('what fails', () => {
  test('is asked last behind a bare name, is probed by one request, and longer left alone when that fails', async () => {
    await withProviders('status=503', async () => {
      for (let time = 0; time < 5; time++) expect(asked(await ask())).toEqual(BOTH);
      expect(await told('first')).toMatchObject({ state: 'open', retry_in_ms: 5000 });

      const heard = await ask();
      expect(asked(heard)).toEqual(['second/echo']);
      expect(heard.metadata?.reasoning).toContain(
        'for "echo" these go last for now: first (failing, tried again in 5 s)',
      );

      now += 5000;
      first.clear();
      const together = await Promise.all(Array.from({ length: 8 }, () => ask()));
      expect(together.map(({ status }) => status)).toEqual(Array(8).fill(200));
      expect(first.received).toBe(1);
      expect(await told('first')).toMatchObject({ state: 'open', retry_in_ms: 10_000 });
    });
  });

  test('is asked first again once it answers', async () => {
    await withProviders('status=503+times=5', async () => {
      await askTimes(5);
      expect(asked(await ask())).toEqual(['second/echo']);
      now += 5000;
      expect(await told('first')).toMatchObject({ state: 'probing', retry_in_ms: 0 });
      expect(asked(await ask())).toEqual(['first/echo']);
      expect(await told('first')).toMatchObject({ state: 'ready', retry_in_ms: null });
      expect(asked(await ask())).toEqual(['first/echo']);
    });
  });

  test.each(CALLERS)('streams that break off count as well ($name)', async (caller) => {
    await withProviders('tokens=20+cut=5', async () => {
      for (let time = 0; time < 5; time++) {
        const heard = await call(gateway, caller, 'first/echo', { stream: true });
        expect(heard.status).toBe(200);
      }
      const { state, errors_by_code } = await told('first');
      expect({ state, errors_by_code }).toEqual({
        state: 'open',
        errors_by_code: { upstream_stream_truncated: 5 },
      });
    });
  });

  test('is asked all the same where there is no other', async () => {
    await withProviders(
      'status=503+times=6',
      async () => {
        for (let time = 0; time < 5; time++) expect((await ask('first/echo')).status).toBe(503);
        expect((await ask('first/echo')).status).toBe(503);
        expect(first.received).toBe(6);
        // Asked in vain or not, an answer is an answer.
        expect((await ask('first/echo')).status).toBe(200);
        expect(await told('first')).toMatchObject({ state: 'ready' });
      },
      { more: 'retries: 0\n' },
    );
  });

  test('goes last in a list of models too, when its turn comes', async () => {
    await withProviders('status=503', async () => {
      const list = { models: ['second/echo'] };
      for (let time = 0; time < 5; time++)
        expect(asked(await ask('first/echo', list))).toEqual(BOTH);
      expect(asked(await ask('first/echo', list))).toEqual(['second/echo']);
      expect(asked(await ask('first/other', list))).toEqual(['first/other', 'second/echo']);
    });
  });

  test('a provider nobody is listening at: all its models', async () => {
    const more = 'retries: 0\n';
    await withProviders(
      '',
      async () => {
        await askTimes(5);
        expect(asked(await ask('first/other', { models: ['second/echo'] }))).toEqual([
          'second/echo',
        ]);
        expect(await told('first')).toMatchObject({
          state: 'open',
          errors_by_code: { upstream_unreachable: 5 },
        });
      },
      { more, url: first.refusingUrl() },
    );
  });

  test('nothing is left alone where that is turned off', async () => {
    await withProviders(
      'status=503',
      async () => {
        for (let time = 0; time < 7; time++) expect(asked(await ask())).toEqual(BOTH);
        expect(await told('first')).toMatchObject({ state: 'ready', requests: 7, error_rate: 1 });
      },
      { more: 'health: { enabled: false }\n' },
    );
  });
});

describe('what asks to be left alone', () => {
  test('a 429 for as long as it says, that model only', async () => {
    await withProviders('status=429+retry-after=9', async () => {
      expect(asked(await ask())).toEqual(BOTH);
      expect(await told('first')).toMatchObject({
        state: 'cooling',
        retry_in_ms: 9000,
        errors_by_code: { upstream_rate_limited: 1 },
        last_error: 'upstream_rate_limited',
      });
      first.clear();
      await askTimes(3);
      expect(first.received).toBe(0);
      await ask('first/other', { models: ['second/echo'] });
      expect(first.received).toBe(1);
      now += 9000;
      expect(asked(await ask())).toEqual(BOTH);
    });
  });

  test('the only key, refused: a failure like any other, for each model by itself', async () => {
    await withProviders('status=401', async () => {
      for (let time = 0; time < 5; time++) expect(asked(await ask())).toEqual(BOTH);
      expect(asked(await ask())).toEqual(['second/echo']);
      const other = await ask('first/other', { models: ['second/echo'] });
      expect(asked(other)).toEqual(['first/other', 'second/echo']);
    });
  });
});

describe('what says nothing of a provider', () => {
  test('requests that are wrong, and deadlines of the caller’s own', async () => {
    await withProviders('', async () => {
      await askTimes(8, 'first/echo+status=400');
      const hasty = { fallback: { ttft_timeout: '300ms' }, models: ['second/echo'] };
      await Promise.all(
        Array.from({ length: 8 }, () => ask('first/echo+ttft=3000', { ...hasty, stream: true })),
      );
      const { body } = await health('?provider=first');
      for (const target of asObjects(body.targets))
        expect(target).toMatchObject({ state: 'ready', errors: 0, in_flight: 0 });
      expect(asObjects(body.targets).map(({ model, requests }) => [model, requests])).toEqual([
        ['echo+status=400', 8],
        ['echo+ttft=3000', 0],
      ]);
    });
  });

  test('callers who hang up', async () => {
    await withProviders('', async () => {
      for (let time = 0; time < 6; time++) {
        const hangUp = new AbortController();
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
          body: JSON.stringify({
            ...openaiCaller.body('first/echo+tokens=50+gap=20'),
            stream: true,
          }),
          signal: hangUp.signal,
        });
        await response.body?.getReader().read();
        hangUp.abort();
      }
      await until(async () => (await gateway.rows()).length === 6, 4000);
      const target = await told('first', 'echo+tokens=50+gap=20'.replaceAll('+', '%2B'));
      expect(target).toMatchObject({ state: 'ready', requests: 0, in_flight: 0, last_error: null });
    });
  });
});

describe('GET /router/v1/health', () => {
  test('is what the guide shows', async () => {
    const example = blocksOf(readDocument('docs/guides/failover.md')).find(
      ({ heading, language }) => heading === 'Health' && language === 'json',
    );
    const sim = (words: string) => first.urlWith(words);
    const once = 'ttft=30+tokens=30+gap=2+status=429+times=1+retry-after=6';
    now = 1e6;
    gateway = await startGateway(
      `providers: { openai: { base_url: "${sim(once)}", api_key: k1 } }`,
      {},
      { healthClock: { now: () => now, chance: () => 0 } },
    );
    try {
      // Refused, which is forgotten; then answered; then refused.
      await ask('openai/gpt-5-mini', { stream: true });
      now += 30_000;
      await ask('openai/gpt-5-mini', { stream: true });
      first.clear();
      await ask('openai/gpt-5-mini', { stream: true });
      const { body } = await health();
      const [target] = asObjects(body.targets);
      expect(departs(JSON.parse(example?.text ?? '{}'), body)).toBeNull();
      expect(target).toMatchObject({ requests: 2, errors: 1, retry_in_ms: 6000 });
    } finally {
      await gateway.stop();
    }
  });

  test('tells each target whole', async () => {
    await withProviders('', async () => {
      await ask('first/echo+tokens=30+gap=2', { stream: true });
      await ask('first/echo+status=500', { models: ['second/echo'] });
      const { status, body } = await health();
      expect(status).toBe(200);
      const { targets, ...rest } = body;
      expect(rest).toEqual({ window_seconds: 30, enabled: true });
      const spread = { p50: null, p95: null, p99: null, samples: 0 };
      expect(asObjects(targets)[0]).toEqual({
        provider: 'first',
        model: 'echo+status=500',
        key: 'key-1',
        region: null,
        state: 'ready',
        degraded: false,
        retry_in_ms: null,
        requests: 1,
        errors: 1,
        error_rate: 1,
        errors_by_code: { upstream_error: 1 },
        ttft_ms: { ...spread, by_prompt_size: {} },
        tokens_per_second: { p50: null, p5: null, samples: 0 },
        in_flight: 0,
        consecutive_failures: 1,
        last_error: 'upstream_error',
        last_error_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      } as never);
      const streamed = asObjects(targets)[1];
      const some = expect.any(Number);
      expect(streamed).toMatchObject({
        model: 'echo+tokens=30+gap=2',
        requests: 1,
        errors: 0,
        error_rate: 0,
        errors_by_code: {},
        ttft_ms: {
          by_prompt_size: { under_1k: { p50: some, p95: some, p99: some, samples: 1 } },
          samples: 1,
        },
        tokens_per_second: { p50: some, p5: some, samples: 1 },
        last_error: null,
        last_error_at: null,
      } as never);
      // Whole replies say nothing of a first token.
      expect(asObject((await told('second')).ttft_ms)?.samples).toBe(0);
    });
  });

  test('to admins only', async () => {
    await withProviders('', async () => {
      const made = await gateway.post('/router/v1/keys', { name: 'one' });
      const { key } = (await made.json()) as { readonly key: string };
      expect((await health('', key)).status).toBe(403);
      expect((await health('', '')).status).toBe(401);
      expect((await health('', 'sy-wrong')).status).toBe(401);
      expect((await health()).body.targets).toEqual([]);
    });
  });

  test('by provider and model, and by nothing else', async () => {
    await withProviders('', async () => {
      await askTimes(1, 'first/echo');
      await askTimes(1, 'first/other');
      await askTimes(1, 'second/echo');
      const found = async (query: string) =>
        asObjects((await health(query)).body.targets).map(
          ({ provider, model }) => `${provider}/${model}`,
        );
      expect(await found('')).toEqual(['first/echo', 'first/other', 'second/echo']);
      expect(await found('?provider=first')).toEqual(['first/echo', 'first/other']);
      expect(await found('?model=echo')).toEqual(BOTH);
      expect(await found('?model=first/other')).toEqual(['first/other']);
      expect(await found('?provider=second&model=other')).toEqual([]);
      const { status, body } = await health('?colour=blue');
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'invalid_request', param: 'colour' });
    });
  });

  test('tells no key, no address and no word of a prompt', async () => {
    await withProviders('status=500', async () => {
      await askTimes(2);
      const { text } = await health();
      expect(text).toContain('"errors":2');
      for (const secret of [...Object.values(SECRETS), ADMIN_KEY, '127.0.0.1', PROMPT])
        expect(text).not.toContain(secret);
    });
  });

  test('a changed configuration keeps what is known, and its settings hold at once', async () => {
    const words = 'status=503';
    await withProviders(words, async () => {
      await askTimes(5);
      const change = (more: string) => {
        const parsed = parseConfig(yamlFor(first.urlWith(words), more), {}, KNOWN_PROVIDERS);
        if (parsed.ok) gateway.gateway.change({ config: parsed.config });
        return parsed.ok;
      };
      expect(change('health: { max_open_for: 6s, window: 1m }\n')).toBe(true);
      expect((await health()).body.window_seconds).toBe(60);
      expect(await told('first')).toMatchObject({ state: 'open', consecutive_failures: 5 });
      expect(asked(await ask())).toEqual(['second/echo']);
      now += 5000;
      expect(asked(await ask())).toEqual(BOTH);
      expect(await told('first')).toMatchObject({ state: 'open', retry_in_ms: 6000 });
      expect(change('health: { enabled: false }\n')).toBe(true);
      expect(asked(await ask())).toEqual(BOTH);
      expect((await health()).body.enabled).toBe(false);
    });
  });
});

test('every dialect and endpoint feeds it', async () => {
  await withProviders('', async () => {
    for (const caller of CALLERS)
      for (const stream of [false, true])
        expect((await call(gateway, caller, 'first/echo', { stream })).status).toBe(200);
    const embedded = await gateway.post('/v1/embeddings', { model: 'first/echo', input: 'a' });
    expect(embedded.status).toBe(200);
    await embedded.text();
    expect(await told('first')).toMatchObject({ requests: 7, errors: 0, in_flight: 0 });
    const heard = await hear(
      openaiCaller,
      await gateway.post('/v1/chat/completions', openaiCaller.body('nowhere/echo')),
    );
    expect(heard.status).toBe(404);
    expect(asObjects((await health()).body.targets)).toHaveLength(1);
  });
});
