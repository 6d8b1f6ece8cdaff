// Failover: whatever goes wrong with a candidate before its first content, the next one answers and nobody notices.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startSim } from '../../sim/start-sim.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import {
  anthropicCaller,
  CALLERS,
  type Caller,
  call,
  type Heard,
  openaiCaller,
  trailOf,
} from './callers.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
let gateway: GatewayUnderTest;

type Provider = 'alpha' | 'beta';

interface Fault {
  readonly words: string;
  /** What the failed attempt is called, at OpenAI's wire and at Anthropic's. */
  readonly error: ErrorCode | readonly [ErrorCode, ErrorCode];
  /** The provider's status in the attempt; null: none came. Two where one wire's errors carry a status of their own. */
  readonly status: number | null | readonly [number, number];
  readonly deaf?: true;
}

/** Faults that look the same to streamed and other calls. */
const FAULTS: readonly Fault[] = [
  { words: 'status=401', error: 'upstream_auth', status: 401 },
  { words: 'status=402', error: 'upstream_payment_required', status: 402 },
  { words: 'status=403', error: 'upstream_forbidden', status: 403 },
  { words: 'status=404', error: 'upstream_not_found', status: 404 },
  { words: 'status=408', error: 'upstream_timeout', status: 408 },
  { words: 'status=413', error: 'upstream_too_large', status: 413 },
  { words: 'status=429', error: 'upstream_rate_limited', status: 429 },
  { words: 'status=500', error: 'upstream_error', status: 500 },
  { words: 'status=502', error: ['upstream_error', 'upstream_unavailable'], status: 502 },
  { words: 'status=503', error: ['upstream_overloaded', 'upstream_unavailable'], status: 503 },
  { words: 'status=504', error: 'upstream_timeout', status: 504 },
  { words: 'status=529', error: 'upstream_overloaded', status: 529 },
  { words: 'status=500+content-type=text/html', error: 'upstream_error', status: 500 },
  { words: 'status=500+empty', error: 'upstream_error', status: 500 },
  { words: 'status=302', error: 'upstream_invalid_response', status: 302 },
  { words: '', error: 'upstream_unreachable', status: null, deaf: true },
  { words: 'reset', error: 'upstream_unreachable', status: null },
  { words: 'error-in-200', error: 'upstream_error', status: 200 },
  { words: 'error-in-200+error=overloaded', error: 'upstream_overloaded', status: 200 },
  { words: 'error-in-200+error-shape=object', error: 'upstream_error', status: 200 },
  { words: 'error-in-200+error-shape=empty', error: 'upstream_error', status: 200 },
  { words: 'error-in-200+error-shape=string', error: 'upstream_error', status: 200 },
  { words: 'error-in-200+error-shape=array', error: 'upstream_invalid_response', status: 200 },
  { words: 'content-type=text/html', error: 'upstream_invalid_response', status: 200 },
  { words: 'empty', error: 'upstream_invalid_response', status: 200 },
  { words: 'junk', error: 'upstream_invalid_response', status: 200 },
];

const STREAM_FAULTS: readonly Fault[] = [
  {
    words: 'empty+content-type=text/event-stream',
    error: 'upstream_stream_truncated',
    status: 200,
  },
  { words: 'junk+content-type=text/event-stream', error: 'upstream_stream_truncated', status: 200 },
  { words: 'cut=0', error: 'upstream_stream_truncated', status: 200 },
  { words: 'eof=0', error: 'upstream_stream_truncated', status: 200 },
  { words: 'metadata=4+cut=0', error: 'upstream_stream_truncated', status: 200 },
  { words: 'metadata=4+eof=0', error: 'upstream_stream_truncated', status: 200 },
  { words: 'error-in-stream=0', error: 'upstream_error', status: 200 },
  { words: 'error-in-stream=0:overloaded_error', error: 'upstream_overloaded', status: 200 },
  { words: 'error-in-stream=0:rate_limit_error', error: 'upstream_rate_limited', status: 200 },
  { words: 'metadata=4+error-in-stream=0', error: 'upstream_error', status: 200 },
  { words: 'first-chunks=metadata+error-in-stream=0', error: 'upstream_error', status: 200 },
  {
    words: 'error-in-stream=0+error-shape=object',
    error: 'upstream_error',
    status: [500, 200],
  },
  { words: 'error-in-stream=0+error-shape=string', error: 'upstream_error', status: 200 },
  { words: 'malformed=0+eof=0', error: 'upstream_stream_truncated', status: 200 },
];

const WHOLE_FAULTS: readonly Fault[] = [
  { words: 'cut=0', error: 'upstream_unreachable', status: 200 },
  { words: 'cut=1', error: 'upstream_unreachable', status: 200 },
  { words: 'reset=1', error: 'upstream_unreachable', status: 200 },
  { words: 'eof=1', error: 'upstream_invalid_response', status: 200 },
  { words: 'malformed=0', error: 'upstream_invalid_response', status: 200 },
];

/** After these, another model of the same key is no candidate. */
const ENDS_THE_KEY: ReadonlySet<string> = new Set(['status=401', 'status=402']);

const ANSWER = 'The second one answers.';

/** Names of both models and what the first attempt must be called. */
function pair(fault: Fault, first: Provider, second: Provider) {
  const { error, status } = fault;
  const words = fault.words === '' ? '' : `+${fault.words}`;
  return {
    // The loser boasts of limits of its own: none of that may reach the caller.
    failing: `${fault.deaf ? 'deaf-' : ''}${first}/echo${words}+ratelimit=11`,
    answering: `${second}/echo+say=${encodeURIComponent(ANSWER)}+ratelimit=77`,
    code: typeof error === 'string' ? error : first === 'alpha' ? error[0] : error[1],
    status: typeof status === 'object' && status ? status[first === 'alpha' ? 0 : 1] : status,
  };
}

/** The second candidate answered, whole and as if it had been asked alone. */
function expectWinner(heard: Heard, caller: Caller, stream: boolean): void {
  const { status, text, ended, broken, error, finish, starts } = heard;
  expect({ status, text, ended, broken, error, finish, starts }).toEqual({
    status: 200,
    text: ANSWER,
    ended: true,
    broken: false,
    error: null,
    finish: caller.stopped,
    starts: stream ? 1 : 0,
  });
  const type = stream ? 'text/event-stream; charset=utf-8' : 'application/json';
  expect(heard.headers.get('content-type')).toBe(type);
}

async function failsOver(
  fault: Fault,
  caller: Caller,
  first: Provider,
  second: Provider,
  stream: boolean,
): Promise<void> {
  alpha.clear();
  beta.clear();
  const { failing, answering, code, status } = pair(fault, first, second);
  const heard = await call(gateway, caller, failing, { models: [answering], stream });
  expectWinner(heard, caller, stream);
  expect(trailOf(heard)).toEqual([
    [failing, status, code],
    [answering, 200, 'ok'],
  ]);
  expect(heard.metadata).toMatchObject({ actual_model: answering, provider: second });
  const { headers } = heard;
  expect(headers.get('x-actual-model')).toBe(answering);
  expect(headers.get('x-generation-id')).toBe(String(heard.metadata?.generation_id));
  const limits = {
    alpha: headers.get('x-ratelimit-remaining-requests'),
    beta: headers.get('anthropic-ratelimit-requests-remaining'),
  };
  expect(limits).toEqual({ alpha: null, beta: null, [second]: '77' });
  const asked = { alpha: 0, beta: 0 };
  if (!fault.deaf) asked[first] += 1;
  asked[second] += 1;
  expect({ alpha: alpha.received, beta: beta.received }).toEqual(asked);
}

const ROUTES: readonly (readonly [Provider, Provider])[] = [
  ['alpha', 'alpha'],
  ['alpha', 'beta'],
  ['beta', 'alpha'],
  ['beta', 'beta'],
];

afterAll(() => wires.stop());

await onBothEngines((engine) => {
  beforeAll(async () => {
    // The two deaf providers are the same wires where nobody listens.
    const deaf = `
  deaf-alpha: { dialect: openai-chat, base_url: "${alpha.refusingUrl()}", api_key: k }
  deaf-beta: { dialect: anthropic-messages, base_url: "${beta.refusingUrl()}", api_key: k }
`;
    const models = `
  - { id: "alpha/echo+error=context_length", context: 8192 }
  - { id: "alpha/small", context: 4096 }
`;
    const yaml = wires.yaml.replace('\nmodels:', `${deaf}\nmodels:${models}`);
    gateway = await startGateway(yaml);
  });
  afterAll(async () => {
    await gateway.stop();
  });

  // What the log is on is no matter of each single fault.
  for (const stream of engine === 'files' ? [false, true] : []) {
    describe(stream ? 'streamed' : 'whole', () => {
      const faults = [...FAULTS, ...(stream ? STREAM_FAULTS : WHOLE_FAULTS)];
      for (const fault of faults) {
        test(`${fault.deaf ? 'refused connection' : fault.words} → the next candidate answers`, async () => {
          for (const caller of CALLERS) {
            for (const [first, second] of ROUTES) {
              // A key that was refused is not tried again on another model of its own.
              if (first === second && ENDS_THE_KEY.has(fault.words)) continue;
              await failsOver(fault, caller, first, second, stream);
            }
          }
        });
      }
    });
  }

  test('what only the failed candidate could not carry is no loss of the answer', async () => {
    const more = { top_k: 5, models: ['beta/echo'] };
    const failed = 'alpha/echo+status=503';
    for (const stream of [false, true]) {
      const heard = await call(gateway, anthropicCaller, failed, { ...more, stream });
      expect(heard.metadata).toMatchObject({ actual_model: 'beta/echo', losses: [] });
      const alone = await call(gateway, anthropicCaller, 'alpha/echo', { top_k: 5, stream });
      expect(alone.metadata?.losses).toEqual([expect.stringContaining('top_k')]);
    }
  });

  describe('no failover', () => {
    test.each([
      ['status=400', 400, 'upstream_invalid_request'],
      ['error=content_policy', 400, 'upstream_invalid_request'],
      ['status=422', 422, 'upstream_unprocessable'],
    ])('%s: the request itself is at fault', async (words, status, code) => {
      for (const stream of [false, true]) {
        for (const caller of CALLERS) {
          for (const provider of ['alpha', 'beta'] as const) {
            alpha.clear();
            beta.clear();
            const failing = `${provider}/echo+${words}`;
            const more = { models: ['alpha/echo', 'beta/echo'], stream };
            const heard = await call(gateway, caller, failing, more);
            expect(heard.status).toBe(status);
            expect(heard.headers.get('content-type')).toBe('application/json');
            expect(trailOf(heard)).toEqual([[failing, status, code]]);
            expect(alpha.received + beta.received).toBe(1);
            // The provider's own words are kept: the caller has to act on them.
            expect(heard.error?.message).toMatch(
              /Invalid request|rejected|blocked|process the request/,
            );
          }
        }
      }
    });

    test('single candidate: a passing fault is asked once more, after a pause', async () => {
      for (const words of ['status=500', 'status=503', 'status=529', 'reset', 'empty']) {
        alpha.clear();
        const heard = await call(gateway, openaiCaller, `alpha/echo+${words}`);
        expect(heard.status).toBeGreaterThanOrEqual(500);
        expect(trailOf(heard).length).toBe(2);
        const [first, second] = alpha.requests;
        expect(alpha.received).toBe(2);
        expect((second?.at ?? 0) - (first?.at ?? 0)).toBeWithin(95, 400);
      }
    });

    test('single candidate: what passed the second time is an answer', async () => {
      alpha.clear();
      const model = 'alpha/echo+status=503+times=1';
      const heard = await call(gateway, anthropicCaller, model, { stream: true });
      expect(heard).toMatchObject({ status: 200, ended: true, starts: 1 });
      expect(trailOf(heard)).toEqual([
        [model, 503, 'upstream_overloaded'],
        [model, 200, 'ok'],
      ]);
    });

    test.each(['status=429', 'status=401', 'status=402', 'status=403', 'status=404'])(
      'single candidate: %s is not asked again',
      async (words) => {
        for (const provider of ['alpha', 'beta'] as const) {
          alpha.clear();
          beta.clear();
          const heard = await call(gateway, openaiCaller, `${provider}/echo+${words}`);
          expect(trailOf(heard).length).toBe(1);
          expect(alpha.received + beta.received).toBe(1);
        }
      },
    );
  });

  describe('context length', () => {
    const small = 'alpha/echo+error=context_length';

    test('a candidate that holds more is asked, others are not', async () => {
      const smaller = 'alpha/small';
      const unknown = 'alpha/nobody-knows';
      for (const caller of CALLERS) {
        for (const stream of [false, true]) {
          alpha.clear();
          const models = [unknown, smaller, 'beta/echo'];
          const heard = await call(gateway, caller, small, { models, stream });
          expect(heard).toMatchObject({ status: 200, ended: true });
          expect(trailOf(heard)).toEqual([
            [small, 400, 'upstream_context_length'],
            ['beta/echo', 200, 'ok'],
          ]);
        }
      }
    });

    test('with no larger one the caller learns that it is too long', async () => {
      for (const caller of CALLERS) {
        alpha.clear();
        const heard = await call(gateway, caller, small, { models: ['alpha/small'] });
        expect(heard.status).toBe(400);
        expect(heard.error?.message).toMatch(/maximum context length/);
        expect(trailOf(heard)).toEqual([[small, 400, 'upstream_context_length']]);
        expect(alpha.received).toBe(1);
      }
    });
  });

  describe('rate limits', () => {
    test('the next candidate starts at once, whatever Retry-After says', async () => {
      const limited = 'alpha/echo+status=429+retry-after=5';
      alpha.clear();
      beta.clear();
      const heard = await call(gateway, openaiCaller, limited, { models: ['beta/echo'] });
      expect(heard.status).toBe(200);
      expect((beta.requests[0]?.at ?? 0) - (alpha.requests[0]?.at ?? 0)).toBeLessThan(60);
    });

    test('Retry-After goes on to the caller', async () => {
      for (const caller of CALLERS) {
        for (const provider of ['alpha', 'beta']) {
          const heard = await call(gateway, caller, `${provider}/echo+status=429+retry-after=7`);
          expect(heard.status).toBe(429);
          expect(heard.headers.get('retry-after')).toBe('7');
          expect(heard.error?.type).toBe('rate_limit_error');
        }
      }
    });

    test('of several waits the shortest', async () => {
      const heard = await call(gateway, openaiCaller, 'alpha/echo+status=429+retry-after=30', {
        models: ['beta/echo+status=429+retry-after=4', 'alpha/echo+status=503+retry-after=90'],
      });
      expect(heard.headers.get('retry-after')).toBe('4');
    });
  });

  describe('all candidates fail', () => {
    const models = ['beta/echo+status=529', 'deaf-alpha/echo'];

    test('one error names them all, in the caller\u2019s dialect, with metadata', async () => {
      for (const caller of CALLERS) {
        for (const stream of [false, true]) {
          alpha.clear();
          beta.clear();
          const heard = await call(gateway, caller, 'alpha/echo+status=429+retry-after=9', {
            models,
            stream,
          });
          expect(heard.status).toBe(502);
          expect(heard.headers.get('content-type')).toBe('application/json');
          expect(heard.headers.get('retry-after')).toBe('9');
          expect(heard.headers.get('x-generation-id')).toBe(String(heard.metadata?.generation_id));
          expect(heard.headers.get('x-actual-model')).toBeNull();
          expect(trailOf(heard)).toEqual([
            ['alpha/echo+status=429+retry-after=9', 429, 'upstream_rate_limited'],
            ['beta/echo+status=529', 529, 'upstream_overloaded'],
            ['deaf-alpha/echo', null, 'upstream_unreachable'],
            ['deaf-alpha/echo', null, 'upstream_unreachable'],
          ]);
          expect(heard.metadata).toMatchObject({ actual_model: null, provider: null });
          const { type, code, message } = heard.error ?? {};
          expect(code).toBe('upstream_unreachable');
          expect(type).toBe(caller.name === 'anthropic' ? 'api_error' : 'server_error');
          for (const named of ['alpha/echo', 'beta/echo', 'deaf-alpha/echo'])
            expect(message).toContain(named);
          expect([alpha.received, beta.received]).toEqual([1, 1]);
        }
      }
    });

    test('the status is the last one\u2019s; Anthropic\u2019s callers get their own 529', async () => {
      const first = 'alpha/echo+status=500';
      const last = { models: ['beta/echo+status=529'] };
      expect((await call(gateway, openaiCaller, first, last)).status).toBe(503);
      const heard = await call(gateway, anthropicCaller, first, last);
      expect(heard.status).toBe(529);
      expect(heard.error?.type).toBe('overloaded_error');
    });

    test('one row tells the whole story', async () => {
      const before = (await gateway.rows()).length;
      await call(gateway, openaiCaller, 'alpha/echo+status=429', { models });
      const rows = (await gateway.rows()).slice(before);
      expect(rows.length).toBe(1);
      expect(rows[0]).toMatchObject({
        outcome: 'error',
        status: 502,
        model: null,
        error: { code: 'upstream_unreachable' },
        cost_usd: 0,
        requested_model: 'alpha/echo+status=429',
      });
      expect(rows[0]?.attempts.map(({ error }) => error)).toEqual([
        'upstream_rate_limited',
        'upstream_overloaded',
        'upstream_unreachable',
        'upstream_unreachable',
      ]);
    });

    test('the official SDKs raise their own errors', async () => {
      const model = 'alpha/echo+status=429';
      const openai = gateway.openai().chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Hi' }],
        stream: true,
      });
      expect(await failureOf(openai)).toBeInstanceOf(OpenAI.RateLimitError);
      const anthropic = gateway.anthropic().messages.create({
        model,
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      });
      expect(await failureOf(anthropic)).toBeInstanceOf(Anthropic.RateLimitError);
    });
  });

  describe('what a failure rules out', () => {
    test('a key without money is not asked for a second model; another account is', async () => {
      for (const words of ['status=401', 'status=402']) {
        alpha.clear();
        const models = ['alpha/echo', 'beta/echo'];
        const heard = await call(gateway, openaiCaller, `alpha/echo+${words}`, { models });
        expect(heard.metadata?.actual_model).toBe('beta/echo');
        expect(alpha.received).toBe(1);
      }
    });

    test('a provider nobody listens at is asked once, however many of its models are named', async () => {
      const models = ['deaf-alpha/b', 'deaf-alpha/c', 'alpha/echo'];
      const heard = await call(gateway, openaiCaller, 'deaf-alpha/a', { models });
      expect(trailOf(heard)).toEqual([
        ['deaf-alpha/a', null, 'upstream_unreachable'],
        ['alpha/echo', 200, 'ok'],
      ]);
    });

    test('a model that is limited, or not for this account, leaves the others of its key', async () => {
      for (const words of ['status=429', 'status=403']) {
        const refused = `alpha/echo+${words}`;
        const heard = await call(gateway, openaiCaller, refused, { models: ['alpha/echo'] });
        expect(trailOf(heard).at(-1)).toEqual(['alpha/echo', 200, 'ok']);
      }
    });
  });

  describe('key pools', () => {
    let pool: GatewayUnderTest;
    const picky = startSim({ seed: 3, requireKey: ['sim-one', 'sim-two'] });

    beforeAll(async () => {
      const pooled = (keys: string) =>
        `{ dialect: openai-chat, base_url: "${picky.url}", api_keys: [${keys}] }`;
      pool = await startGateway(`
providers:
  mixed: ${pooled('bad-key, sim-one')}
  limited: ${pooled('"sim-one+status=429", sim-two')}
  good: ${pooled('sim-one, sim-two')}
  bad: ${pooled('bad-key, worse-key')}
`);
    });
    afterAll(async () => {
      await pool.stop();
      await picky.stop();
    });

    const keysSeen = () => picky.requests.map(({ headers }) => headers.authorization?.slice(7));

    test.each([
      ['mixed', 'bad-key', 'sim-one', 401, 'upstream_auth'],
      ['limited', 'sim-one+status=429', 'sim-two', 429, 'upstream_rate_limited'],
    ])('%s: the second key of the same provider', async (name, first, second, status, code) => {
      let fellOver = 0;
      // Which key a user begins with is a matter of the hash: some begin with the bad one.
      for (let user = 0; user < 12; user++) {
        picky.clear();
        const heard = await call(pool, openaiCaller, `${name}/echo`, { user: `user-${user}` });
        expect(heard.status).toBe(200);
        const keys = keysSeen();
        if (keys.length === 1) expect(keys).toEqual([second]);
        else {
          fellOver += 1;
          expect(keys).toEqual([first, second]);
          expect(trailOf(heard)).toEqual([
            [`${name}/echo`, status, code],
            [`${name}/echo`, 200, 'ok'],
          ]);
        }
      }
      expect(fellOver).toBeWithin(1, 12);
      const row = (await pool.rows()).find(({ attempts }) => attempts.length === 2);
      expect(row?.attempts.map(({ key }) => key)).toEqual(['key-1', 'key-2']);
    });

    test('a user keeps to one key, and users are spread', async () => {
      const chosen = new Map<string, Set<string | undefined>>();
      for (let round = 0; round < 3; round++) {
        for (let user = 0; user < 12; user++) {
          picky.clear();
          await call(pool, anthropicCaller, 'good/echo', { metadata: { user_id: `user-${user}` } });
          const seen = chosen.get(`user-${user}`) ?? new Set();
          chosen.set(`user-${user}`, seen.add(keysSeen()[0]));
        }
      }
      expect([...chosen.values()].every((keys) => keys.size === 1)).toBe(true);
      expect(new Set([...chosen.values()].flatMap((keys) => [...keys])).size).toBe(2);
    });

    test('all keys bad: each is tried once, and the operator is told which', async () => {
      picky.clear();
      const heard = await call(pool, openaiCaller, 'bad/echo');
      expect(heard.status).toBe(502);
      expect(heard.error?.code).toBe('upstream_auth');
      expect(keysSeen().sort()).toEqual(['bad-key', 'worse-key']);
    });
  });
});
