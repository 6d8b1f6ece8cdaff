// Failures rehearsed by a header: the next candidate's answer where there is one, the error where there is none, the
// provider asked only where the fault is one of answers, and every attempt marked.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { numberedPieces } from '../../sim/tokens.ts';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  anthropicCaller,
  CALLERS,
  type Caller,
  type Heard,
  hear,
  openaiCaller,
  trailOf,
} from './callers.ts';
import { failureOf } from './failure-of.ts';
import { askAnthropic, askOpenAi, openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';
import { until } from './until.ts';

const HEADER = 'x-switchyard-fault';
const ANSWER = 'The second one answers.';
const SAY = `say=${encodeURIComponent(ANSWER)}`;

let world: World;

beforeAll(async () => {
  world = await openWorld({
    providers: ({ alpha }) => [
      `google: { base_url: "${alpha.replace('/v1', '/v1beta')}", api_key: google-secret }`,
      `bedrock: { base_url: "${alpha}", api_key: bedrock-secret }`,
      `cohere: { base_url: "${alpha}", api_key: cohere-secret }`,
      `twin: { dialect: openai-chat, base_url: "${alpha}", api_key: twin-secret }`,
    ],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

/** A call with this fault. */
async function call(
  caller: Caller,
  model: string,
  fault: string,
  more: JsonObject = {},
): Promise<Heard> {
  const response = await world.gateway.post(caller.path, caller.body(model, more), {
    [HEADER]: fault,
  });
  return hear(caller, response);
}

/** Of each attempt a reply's metadata tells of, whether it was marked. */
function marksOf(heard: Heard): readonly unknown[] {
  return asObjects(heard.metadata?.attempts).map(({ injected }) => injected);
}

function noneSawTheHeader(): void {
  for (const sim of Object.values(world.sims))
    expect(sim.requests.filter(({ headers }) => headers[HEADER] !== undefined)).toEqual([]);
}

interface Fault {
  readonly fault: string;
  readonly code: ErrorCode;
  /** The same of a reply that is not streamed, where it differs. */
  readonly wholeCode?: ErrorCode;
  /** The provider's status in the attempt. */
  readonly status: number | null;
  readonly asked: boolean;
  readonly limits?: JsonObject;
}

/** All strike before the first piece of the answer. */
const FAULTS: readonly Fault[] = [
  { fault: 'status:500', code: 'upstream_error', status: 500, asked: false },
  { fault: 'status:503', code: 'upstream_unavailable', status: 503, asked: false },
  { fault: 'status:529', code: 'upstream_overloaded', status: 529, asked: false },
  { fault: 'status:401', code: 'upstream_auth', status: 401, asked: false },
  { fault: 'status:429:7', code: 'upstream_rate_limited', status: 429, asked: false },
  { fault: 'refused', code: 'upstream_unreachable', status: null, asked: false },
  { fault: 'timeout', code: 'upstream_connect_timeout', status: null, asked: false },
  {
    fault: 'cut:0',
    code: 'upstream_stream_truncated',
    wholeCode: 'upstream_unreachable',
    status: 200,
    asked: true,
  },
  { fault: 'error:0', code: 'upstream_error', status: 200, asked: true },
  {
    fault: 'ttft',
    code: 'upstream_first_token_timeout',
    status: 200,
    asked: true,
    limits: { ttft_timeout: '300ms' },
  },
  {
    fault: 'stall:0',
    code: 'upstream_first_token_timeout',
    status: 200,
    asked: true,
    limits: { ttft_timeout: '300ms', idle_timeout: '300ms' },
  },
];

/** A streamed and a whole call of every caller. */
const WAYS = CALLERS.flatMap((caller) => [false, true].map((stream) => ({ caller, stream })));

function codeOf({ code, wholeCode }: Fault, stream: boolean): ErrorCode {
  return stream ? code : (wholeCode ?? code);
}

describe('with another candidate, its answer is all the caller sees', () => {
  test.each(FAULTS.map((fault) => [fault.fault, fault] as const))('%s', async (_, fault) => {
    const before = (await world.gateway.rows()).length;
    const pairs = [
      ['alpha', 'beta'],
      ['beta', 'alpha'],
    ] as const;
    const ways = pairs.flatMap((pair) => WAYS.map((way) => ({ ...way, pair })));
    const all = await Promise.all(
      ways.map(async ({ caller, stream, pair: [first, second] }) => {
        // What streams does so for a while, so that the provider can be seen to be let go.
        const failing = `${first}/echo+tokens=300${stream ? '+gap=10' : ''}`;
        const answering = `${second}/echo+${SAY}`;
        const fallback = fault.limits === undefined ? {} : { fallback: fault.limits };
        const more = { stream, models: [answering], ...fallback };
        const heard = await call(caller, failing, fault.fault, more);
        return { caller, stream, failing, answering, heard };
      }),
    );
    for (const { caller, stream, failing, answering, heard } of all) {
      expect(heard).toMatchObject({ status: 200, text: ANSWER, ended: true, error: null });
      expect([heard.finish, heard.starts]).toEqual([caller.stopped, stream ? 1 : 0]);
      expect(trailOf(heard)).toEqual([
        [failing, fault.status, codeOf(fault, stream)],
        [answering, 200, 'ok'],
      ]);
      expect(marksOf(heard)).toEqual([true, undefined]);
    }
    noneSawTheHeader();
    for (const { requests } of Object.values(world.sims)) {
      // Six calls were to fail at each, six to be answered.
      const failed = requests.filter(({ body }) => body.includes('tokens=300'));
      expect([requests.length - failed.length, failed.length]).toEqual([6, fault.asked ? 6 : 0]);
      const streamed = failed.filter(({ body }) => body.includes('gap=10'));
      await until(() => streamed.every(({ endedAt }) => endedAt !== null));
      expect(streamed.filter(({ clientAborted }) => !clientAborted)).toEqual([]);
    }
    const rows = (await world.gateway.rows()).slice(before);
    expect(rows.map(({ outcome, attempts }) => [outcome, ...attempts.map(markOf)])).toEqual(
      all.map(() => ['ok', true, undefined]),
    );
  });
});

function markOf({ injected }: { readonly injected?: true }): unknown {
  return injected;
}

describe('with no other, the caller has the error in its own words', () => {
  test.each(FAULTS.map((fault) => [fault.fault, fault] as const))('%s', async (_, fault) => {
    const fallback = fault.limits === undefined ? {} : { fallback: fault.limits };
    const all = await Promise.all(
      WAYS.map(async ({ caller, stream }) => {
        // Every attempt fails, as the last candidate is asked once more after a passing fault.
        const more = { stream, ...fallback };
        return { stream, heard: await call(caller, 'alpha/echo', `*=${fault.fault}`, more) };
      }),
    );
    for (const { stream, heard } of all) {
      const code = codeOf(fault, stream);
      expect(heard.error?.code).toBe(code);
      // Anthropic's wire has a status of its own for one of them.
      expect([ERRORS[code].status, 529]).toContain(heard.status);
      expect([heard.text, heard.frames]).toEqual(['', []]);
      const trail = trailOf(heard);
      expect(trail).toEqual(trail.map(() => ['alpha/echo', fault.status, code]));
      expect(new Set(marksOf(heard))).toEqual(new Set([true]));
      if (!fault.asked) expect(heard.error?.message).toMatch(/Injected fault: /);
      if (fault.fault === 'status:429:7') expect(heard.headers.get('retry-after')).toBe('7');
    }
    if (!fault.asked) expect(world.sims.alpha.received).toBe(0);
    noneSawTheHeader();
  });
});

const DELIVERED = 25;
const PART = numberedPieces(DELIVERED).join('');

describe('in the middle of a stream', () => {
  const faults: readonly (readonly [string, ErrorCode])[] = [
    [`cut:${DELIVERED}`, 'upstream_stream_truncated'],
    [`error:${DELIVERED}`, 'upstream_error'],
    [`stall:${DELIVERED}`, 'upstream_idle_timeout'],
  ];
  test.each(faults)('%s: what came is there, then the error', async (fault, code) => {
    const models = ['alpha', 'beta', 'google', 'bedrock', 'cohere'].map(
      (wire) => `${wire}/echo+tokens=200+gap=5`,
    );
    const ways = models.flatMap((model) => CALLERS.map((caller) => ({ model, caller })));
    const all = await Promise.all(
      ways.map(async ({ model, caller }) => {
        const more = { stream: true, fallback: { resume: 'off', idle_timeout: '300ms' } };
        return { model, heard: await call(caller, model, `*=${fault}`, more) };
      }),
    );
    for (const { model, heard } of all) {
      expect([model, heard.text]).toEqual([model, PART]);
      expect(heard).toMatchObject({ status: 200, ended: false, finish: null, error: { code } });
      expect(heard.raw).not.toContain('[DONE]');
      expect(trailOf(heard)).toEqual([[model, 200, code]]);
      expect(marksOf(heard)).toEqual([true]);
    }
    const requests = Object.values(world.sims).flatMap((sim) => sim.requests);
    expect(requests).toHaveLength(15);
    await until(() => requests.every(({ endedAt }) => endedAt !== null));
    expect(requests.filter(({ clientAborted }) => !clientAborted)).toEqual([]);
  });

  test.each(faults)('%s: another candidate goes on with the answer', async (fault) => {
    const whole = numberedPieces(60).join('');
    const pairs = [
      ['alpha', 'beta'],
      ['beta', 'alpha'],
      ['google', 'cohere'],
      ['bedrock', 'twin'],
    ];
    const ways = pairs.flatMap((pair) => CALLERS.map((caller) => ({ pair, caller })));
    const all = await Promise.all(
      ways.map(async ({ pair, caller }) => {
        const [first = '', second = ''] = pair.map((wire) => `${wire}/echo+tokens=60`);
        const fallback = { idle_timeout: '300ms' };
        const more = { stream: true, models: [second], fallback };
        return { first, second, caller, heard: await call(caller, first, fault, more) };
      }),
    );
    for (const { first, second, caller, heard } of all) {
      expect([first, caller.name, heard.text]).toEqual([first, caller.name, whole]);
      expect(heard).toMatchObject({ status: 200, ended: true, error: null, starts: 1 });
      expect(heard.metadata).toMatchObject({ actual_model: second, resumed: true });
      expect(marksOf(heard)).toEqual([true, undefined]);
    }
  });

  test('who goes on with it can be made to fail too', async () => {
    const models = ['beta/echo+tokens=60', 'twin/echo+tokens=60'];
    const fault = '1=cut:20, 2=cut:15';
    for (const caller of CALLERS) {
      const heard = await call(caller, 'alpha/echo+tokens=60', fault, { stream: true, models });
      expect(heard).toMatchObject({ ended: true, error: null, starts: 1 });
      expect(heard.text).toBe(numberedPieces(60).join(''));
      expect(trailOf(heard).map(([, , told]) => told)).toEqual([
        'upstream_stream_truncated',
        'upstream_stream_truncated',
        'ok',
      ]);
      expect(marksOf(heard)).toEqual([true, true, undefined]);
    }
  });

  test('the official SDKs see one answer', async () => {
    const hello = [{ role: 'user' as const, content: 'Hello' }];
    const defaultHeaders = { [HEADER]: 'cut:20' };
    const openai = await askOpenAi(
      world.openai.withOptions({ defaultHeaders }),
      { model: 'alpha/echo+tokens=60', messages: hello, ...{ models: ['beta/echo+tokens=60'] } },
      true,
    );
    const anthropic = await askAnthropic(
      world.anthropic.withOptions({ defaultHeaders }),
      {
        model: 'beta/echo+tokens=60',
        max_tokens: 1000,
        messages: hello,
        ...{ models: ['alpha/echo+tokens=60'] },
      },
      true,
    );
    const text = numberedPieces(60).join('');
    expect(openai.reply.choices[0]?.message.content).toBe(text);
    expect(anthropic.reply.content).toMatchObject([{ type: 'text', text }]);
    for (const { metadata } of [openai, anthropic])
      expect([metadata.resumed, metadata.attempts.map(markOf)]).toEqual([true, [true, undefined]]);
  });

  test('an answer that is over before is not touched', async () => {
    const heard = await call(openaiCaller, `alpha/echo+${SAY}`, 'cut:50', { stream: true });
    expect(heard).toMatchObject({ status: 200, text: ANSWER, ended: true, error: null });
    expect(marksOf(heard)).toEqual([true]);
  });

  test('slow: each piece comes so much later', async () => {
    const models = ['alpha/echo+tokens=8', 'bedrock/echo+tokens=8'];
    const ask = (model: string) => call(openaiCaller, model, 'slow:25', { stream: true });
    for (const heard of await Promise.all(models.map(ask))) {
      expect(heard).toMatchObject({ text: numberedPieces(8).join(''), ended: true, error: null });
      const at = heard.frames
        .filter((frame) => openaiCaller.textOf(frame) !== '')
        .map(({ atMs }) => atMs);
      const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
      expect(gaps).toHaveLength(7);
      for (const gap of gaps) expect(gap).toBeGreaterThan(15);
    }
  });
});

describe('limits', () => {
  test('ttft: the answer is held back so long and then is the answer', async () => {
    const all = await Promise.all(
      WAYS.map(({ caller, stream }) => call(caller, `alpha/echo+${SAY}`, 'ttft:120', { stream })),
    );
    for (const heard of all) {
      expect(heard).toMatchObject({ status: 200, text: ANSWER, ended: true, error: null });
      expect(marksOf(heard)).toEqual([true]);
      const [told] = asObjects(heard.metadata?.attempts);
      expect(told?.time_to_first_token_ms).toBeWithin(120, 1000);
    }
  });

  test('a whole reply that stalls runs into the limit for silence', async () => {
    const more = { models: [`beta/echo+${SAY}`], fallback: { idle_timeout: '300ms' } };
    const all = await Promise.all(
      CALLERS.map((caller) => call(caller, 'alpha/echo', 'stall', more)),
    );
    for (const heard of all) {
      expect(heard.text).toBe(ANSWER);
      expect(trailOf(heard)[0]).toEqual(['alpha/echo', 200, 'upstream_idle_timeout']);
    }
  });

  test('a race begins with the one that is held back', async () => {
    const more = {
      models: [`beta/echo+${SAY}`],
      fallback: { mode: 'race', ttft_timeout: '300ms' },
    };
    const all = await Promise.all(
      WAYS.map(({ caller, stream }) => call(caller, 'alpha/echo', 'ttft', { stream, ...more })),
    );
    for (const heard of all) {
      expect(heard).toMatchObject({ status: 200, text: ANSWER, ended: true, error: null });
      expect(trailOf(heard)).toEqual([
        ['alpha/echo', 200, 'race_lost'],
        [`beta/echo+${SAY}`, 200, 'ok'],
      ]);
      expect(marksOf(heard)).toEqual([true, undefined]);
    }
  });

  test.each(['ttft', 'stall:0', 'stall:2', 'slow:60000'])(
    '%s: a caller who hangs up lets the provider go',
    async (fault) => {
      const before = (await world.gateway.rows()).length;
      const controller = new AbortController();
      const reply = fetch(`${world.gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': ADMIN_KEY, [HEADER]: fault },
        body: JSON.stringify(
          anthropicCaller.body('alpha/echo+tokens=200+gap=10', { stream: true }),
        ),
        signal: controller.signal,
      }).then((response) => response.text());
      const { requests } = world.sims.alpha;
      await until(() => requests.length === 1 && (requests[0]?.bytesSent ?? 0) > 1000);
      controller.abort();
      expect(await reply.catch(() => 'hung up')).toBe('hung up');
      await until(() => requests[0]?.endedAt !== null);
      expect(requests[0]?.clientAborted).toBe(true);
      await until(async () => (await world.gateway.rows()).length > before);
      const row = (await world.gateway.rows()).at(-1);
      expect([row?.outcome, row?.attempts.map(markOf)]).toEqual(['aborted', [true]]);
    },
  );
});

describe('which attempt', () => {
  test('each has its own fault, counted over candidates', async () => {
    const models = ['beta/echo', 'twin/echo', `alpha/echo+${SAY}`];
    const heard = await call(openaiCaller, 'alpha/echo', '2=refused, status:503,3=status:429:7', {
      models,
    });
    expect(heard.text).toBe(ANSWER);
    expect(trailOf(heard)).toEqual([
      ['alpha/echo', 503, 'upstream_unavailable'],
      ['beta/echo', null, 'upstream_unreachable'],
      ['twin/echo', 429, 'upstream_rate_limited'],
      [`alpha/echo+${SAY}`, 200, 'ok'],
    ]);
    expect(marksOf(heard)).toEqual([true, true, true, undefined]);
    expect([world.sims.alpha.received, world.sims.beta.received]).toEqual([1, 0]);
  });

  test('one that is not reached changes nothing', async () => {
    const heard = await call(openaiCaller, `alpha/echo+${SAY}`, '2=status:503');
    expect(trailOf(heard)).toEqual([[`alpha/echo+${SAY}`, 200, 'ok']]);
    expect(marksOf(heard)).toEqual([undefined]);
    expect((await world.gateway.rows()).at(-1)?.attempts.map(markOf)).toEqual([undefined]);
  });

  test('a second try of the same model is another attempt', async () => {
    const heard = await call(openaiCaller, `alpha/echo+${SAY}`, 'status:503');
    expect(trailOf(heard).map(([, , told]) => told)).toEqual(['upstream_unavailable', 'ok']);
  });
});

test('what is rehearsed is not held against a provider', async () => {
  const models = ['beta/echo'];
  const often = ['status:401', 'status:429:60', 'status:503', 'refused', 'timeout', 'cut:0'];
  for (const fault of [...often, ...often]) {
    const heard = await call(openaiCaller, 'alpha/echo', fault, { models, stream: true });
    expect(trailOf(heard).map(([model]) => model)).toEqual(['alpha/echo', 'beta/echo']);
  }
  // Of real ones, each of the first three alone would have done.
  const response = await world.gateway.post('/v1/chat/completions', {
    ...openaiCaller.body('alpha/echo', { models }),
  });
  expect(trailOf(await hear(openaiCaller, response))).toEqual([['alpha/echo', 200, 'ok']]);
});

describe('the official SDKs', () => {
  const hello = [{ role: 'user' as const, content: 'Hello' }];
  const defaultHeaders = { [HEADER]: 'status:503' };

  for (const stream of [false, true]) {
    test(`rehearse a fallback, ${stream ? 'streamed' : 'whole'}`, async () => {
      const openai = await askOpenAi(
        world.openai.withOptions({ defaultHeaders }),
        { model: 'alpha/echo', messages: hello, ...{ models: [`beta/echo+${SAY}`] } },
        stream,
      );
      expect(openai.reply.choices[0]?.message.content).toBe(ANSWER);
      const anthropic = await askAnthropic(
        world.anthropic.withOptions({ defaultHeaders }),
        {
          model: 'beta/echo',
          max_tokens: 100,
          messages: hello,
          ...{ models: [`alpha/echo+${SAY}`] },
        },
        stream,
      );
      expect(anthropic.reply.content).toMatchObject([{ type: 'text', text: ANSWER }]);
      for (const { metadata } of [openai, anthropic])
        expect(metadata.attempts.map(markOf)).toEqual([true, undefined]);
    });
  }

  test('raise what they would of a provider', async () => {
    const faults = { defaultHeaders: { [HEADER]: '*=status:429:7' } };
    const openai = await failureOf(
      world.openai
        .withOptions(faults)
        .chat.completions.create({ model: 'alpha/echo', messages: hello }),
    );
    expect(openai).toBeInstanceOf(OpenAI.RateLimitError);
    const anthropic = await failureOf(
      world.anthropic
        .withOptions(faults)
        .messages.create({ model: 'alpha/echo', max_tokens: 10, messages: hello }),
    );
    expect(anthropic).toBeInstanceOf(Anthropic.RateLimitError);
    expect([world.sims.alpha.received, world.sims.beta.received]).toEqual([0, 0]);
  });
});

describe('the other endpoints', () => {
  const texts: readonly (readonly [path: string, body: JsonObject])[] = [
    ['/v1/embeddings', { input: ['a', 'b'] }],
    ['/v1/completions', { prompt: 'once' }],
    ['/v1/moderations', { input: 'hello' }],
    ['/v1/rerank', { query: 'a', documents: ['a', 'b'] }],
    ['/v1/images/generations', { prompt: 'a pixel' }],
    ['/v1/audio/speech', { input: 'hello', voice: 'alloy' }],
  ];
  const faults: readonly (readonly [fault: string, code: ErrorCode, asked: boolean])[] = [
    ['status:503', 'upstream_unavailable', false],
    ['refused', 'upstream_unreachable', false],
    ['timeout', 'upstream_connect_timeout', false],
    ['cut', 'upstream_unreachable', true],
    ['error', 'upstream_error', true],
  ];
  for (const [path, body] of texts) {
    test(path, async () => {
      for (const [fault, code, asked] of faults) {
        world.sims.alpha.clear();
        const ask = { ...body, model: 'alpha/echo', models: ['twin/echo'] };
        const response = await world.gateway.post(path, ask, { [HEADER]: fault });
        expect([fault, response.status]).toEqual([fault, 200]);
        await response.arrayBuffer();
        const row = (await world.gateway.rows()).at(-1);
        expect(row?.attempts.map(({ model, error, injected }) => [model, error, injected])).toEqual(
          [
            ['alpha/echo', code, true],
            ['twin/echo', null, undefined],
          ],
        );
        expect(world.sims.alpha.received).toBe(asked ? 2 : 1);
        noneSawTheHeader();
      }
    });
  }

  test('held back, with the caller’s own limit', async () => {
    const before = (await world.gateway.rows()).length;
    await Promise.all(
      texts.map(async ([path, body]) => {
        const fallback = { ttft_timeout: '300ms' };
        const ask = { ...body, model: 'alpha/echo', models: ['twin/echo'], fallback };
        const response = await world.gateway.post(path, ask, { [HEADER]: 'ttft' });
        expect([path, response.status]).toEqual([path, 200]);
        await response.arrayBuffer();
      }),
    );
    const rows = (await world.gateway.rows()).slice(before);
    expect(rows.map(({ attempts }) => attempts.map(({ error }) => error))).toEqual(
      texts.map(() => ['upstream_first_token_timeout', null]),
    );
  });
});

describe('who may', () => {
  test('nobody with an inference key, on any endpoint, and no provider is asked', async () => {
    const created = await world.gateway.post('/router/v1/keys', { name: 'plain' });
    const { key } = (await created.json()) as { readonly key: string };
    const headers = { authorization: `Bearer ${key}`, [HEADER]: 'status:503' };
    const before = (await world.gateway.rows()).length;
    for (const caller of CALLERS) {
      const body = caller.body('alpha/echo');
      const heard = await hear(caller, await world.gateway.post(caller.path, body, headers));
      expect([heard.status, heard.error?.code]).toEqual([403, 'forbidden']);
      expect(String(heard.error?.message)).toStartWith(`${HEADER} makes attempts fail and needs`);
    }
    const post = { model: 'alpha/echo', input: 'x' };
    const other = await world.gateway.post('/v1/embeddings', post, headers);
    const { error } = (await other.json()) as JsonObject;
    expect([other.status, asObject(error)?.code]).toEqual([403, 'forbidden']);
    expect([world.sims.alpha.received, world.sims.beta.received]).toEqual([0, 0]);
    const rows = (await world.gateway.rows()).slice(before);
    expect(rows.map(({ status, requested_model }) => [status, requested_model])).toEqual(
      Array.from({ length: 4 }, () => [403, 'alpha/echo']),
    );
    const anthropic = await failureOf(
      world.anthropic
        .withOptions({ apiKey: key, defaultHeaders: { [HEADER]: 'cut' } })
        .messages.create({
          model: 'alpha/echo',
          max_tokens: 10,
          messages: [{ role: 'user', content: 'Hi' }],
        }),
    );
    expect(anthropic).toBeInstanceOf(Anthropic.PermissionDeniedError);
  });

  test('what cannot be read is a 400 that says where, and how it is written', async () => {
    for (const caller of CALLERS) {
      const heard = await call(caller, 'alpha/echo', '1=status:503, 2=cut:soon');
      expect([heard.status, heard.error?.code]).toEqual([400, 'invalid_request']);
      expect(String(heard.error?.message)).toStartWith(`${HEADER} entry 2 ("2=cut:soon"): K must`);
      expect(String(heard.error?.message)).toContain('Write N=FAULT, several with commas');
    }
    const empty = await call(openaiCaller, 'alpha/echo', '');
    expect(empty.status).toBe(400);
    expect(world.sims.alpha.received).toBe(0);
  });
});
