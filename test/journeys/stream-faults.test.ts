// A stream that goes wrong after its first content: what came is delivered, then the caller is told, and never a normal end.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { numberedPieces } from '../../sim/tokens.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { CALLERS, type Caller, call, type Heard, openaiCaller } from './callers.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\ntimeouts: { idle: 250ms }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

const DELIVERED = 30;
const PART = numberedPieces(DELIVERED).join('');

const FAULTS: readonly (readonly [words: string, code: ErrorCode, status: number])[] = [
  [`cut=${DELIVERED}`, 'upstream_stream_truncated', 502],
  [`reset=${DELIVERED}`, 'upstream_stream_truncated', 502],
  [`eof=${DELIVERED}`, 'upstream_stream_truncated', 502],
  [`stall=${DELIVERED}`, 'upstream_idle_timeout', 504],
  [`error-in-stream=${DELIVERED}`, 'upstream_error', 502],
  [`error-in-stream=${DELIVERED}:overloaded_error`, 'upstream_overloaded', 503],
  [`error-in-stream=${DELIVERED}:rate_limit_error`, 'upstream_rate_limited', 429],
  [`error-in-stream=${DELIVERED}+error-shape=object`, 'upstream_error', 502],
  [`error-in-stream=${DELIVERED}+error-shape=empty`, 'upstream_error', 502],
  [`error-in-stream=${DELIVERED}+error-shape=string`, 'upstream_error', 502],
];

/** What came is there, the error is last and in the caller's words, and nothing says that all went well. */
function expectLoudEnd(heard: Heard, caller: Caller, code: ErrorCode): void {
  const { status, text, ended, finish, broken, starts } = heard;
  expect({ status, text, ended, finish, broken, starts }).toEqual({
    status: 200,
    text: PART,
    ended: false,
    finish: null,
    broken: false,
    starts: 1,
  });
  // The Responses wire tells a failure twice: at `error` its SDK throws, for `response.failed` others wait.
  const last = heard.frames.at(caller.name === 'responses' ? -2 : -1);
  expect(last?.json?.error).toMatchObject({ code });
  if (caller.name === 'responses') expect(heard.frames.at(-1)?.event).toBe('response.failed');
  expect(heard.frames.filter(({ json }) => json?.error !== undefined).length).toBe(1);
  if (caller.name === 'anthropic') {
    expect([last?.event, last?.json?.type]).toEqual(['error', 'error']);
  }
  expect(heard.raw).not.toContain('[DONE]');
  expect(heard.raw).not.toContain('message_stop');
  expect(heard.raw).not.toContain('response.completed');
}

for (const provider of ['alpha', 'beta'] as const) {
  describe(`${provider === 'alpha' ? 'OpenAI' : 'Anthropic'}'s wire`, () => {
    test.each(FAULTS)('%s', async (words, code, status) => {
      for (const caller of CALLERS) {
        wires.alpha.clear();
        wires.beta.clear();
        const before = (await gateway.rows()).length;
        const model = `${provider}/echo+tokens=100+${words}`;
        // Another candidate is there, and must not be asked: the caller does not want its answer gone on with.
        const options = { models: ['alpha/echo'], fallback: { resume: 'off' } };
        const heard = await call(gateway, caller, model, { stream: true, ...options });
        expectLoudEnd(heard, caller, code);
        expect(wires.alpha.received + wires.beta.received).toBe(1);
        expect(heard.metadata).toMatchObject({
          generation_id: heard.headers.get('x-generation-id'),
          attempts: [{ model, success: false, error: code, status_code: expect.any(Number) }],
        });
        const rows = (await gateway.rows()).slice(before);
        expect(rows.length).toBe(1);
        expect(rows[0]).toMatchObject({
          outcome: 'error',
          status,
          error: { code },
          usage_estimated: true,
          finish_reason: null,
          attempts: [{ model, success: false, error: code }],
        });
        // About a token for each that was delivered: an estimate, and neither nothing nor the whole answer.
        expect(rows[0]?.usage.output).toBeWithin(DELIVERED * 0.7, DELIVERED * 2.5);
        expect(rows[0]?.usage.input).toBeGreaterThan(0);
        expect(rows[0]?.ttft_ms).toBeGreaterThan(0);
      }
    });

    test('a malformed line in the middle costs itself, not the answer', async () => {
      for (const caller of CALLERS) {
        for (const at of [0, 30]) {
          const model = `${provider}/echo+tokens=60+malformed=${at}`;
          const heard = await call(gateway, caller, model, { stream: true });
          expect(heard.text).toBe(numberedPieces(60).join(''));
          expect(heard).toMatchObject({ ended: true, error: null, starts: 1 });
          expect(heard.frames.every(({ json, data }) => json || data === '[DONE]')).toBe(true);
        }
      }
    });

    test.each([
      'crlf',
      'cr',
      'comments',
      'bom',
      'split=1',
      'split=3',
      'tight',
      'crlf+comments+bom+split=1',
      'cr+split=1',
      'keepalive=5+gap=12',
      'metadata=40',
      'metadata=100',
      'no-done',
    ])('bytes: %s', async (words) => {
      const said = 'naïve 日本語 🚂 done';
      const say = `say=${encodeURIComponent(said)}`;
      for (const caller of CALLERS) {
        const model = `${provider}/echo+${say}+${words}`;
        const heard = await call(gateway, caller, model, { stream: true });
        const { text, ended, error, starts, broken } = heard;
        expect({ text, ended, error, starts, broken }).toEqual({
          text: said,
          ended: true,
          error: null,
          starts: 1,
          broken: false,
        });
        expect(heard.finish).toBe(caller.stopped);
        expect(heard.metadata?.actual_model).toBe(model);
      }
    });
  });
}

describe('the official SDKs', () => {
  const failing = `+tokens=100+cut=${DELIVERED}`;

  test('OpenAI\u2019s raises after handing out what came', async () => {
    for (const provider of ['alpha', 'beta']) {
      const stream = await gateway.openai().chat.completions.create({
        model: `${provider}/echo${failing}`,
        messages: [{ role: 'user', content: 'Hi' }],
        stream: true,
      });
      let text = '';
      const read = async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      };
      const error = await failureOf(read());
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect((error as InstanceType<typeof OpenAI.APIError>).code).toBe(
        'upstream_stream_truncated',
      );
      expect(text).toBe(PART);
    }
  });

  test('Anthropic\u2019s raises after handing out what came', async () => {
    for (const provider of ['alpha', 'beta']) {
      const stream = gateway.anthropic().messages.stream({
        model: `${provider}/echo${failing}`,
        max_tokens: 1000,
        messages: [{ role: 'user', content: 'Hi' }],
      });
      let text = '';
      stream.on('text', (delta) => {
        text += delta;
      });
      const error = await failureOf(stream.finalMessage());
      expect(error).toBeInstanceOf(Anthropic.APIError);
      expect(String(error)).toContain('upstream_stream_truncated');
      expect(text).toBe(PART);
    }
  });
});

describe('tool calls', () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'look_up',
        parameters: { type: 'object', properties: { place: { type: 'string' } } },
      },
    },
  ];

  test('a call cut in its arguments is never a finished one', async () => {
    for (const provider of ['alpha', 'beta']) {
      const model = `${provider}/echo+tools=1+chunk=2+cut=3`;
      const heard = await call(gateway, openaiCaller, model, { stream: true, tools });
      expect(heard).toMatchObject({ status: 200, ended: false, finish: null });
      expect(heard.error?.code).toBe('upstream_stream_truncated');
      expect(heard.raw).not.toContain('"finish_reason":"tool_calls"');
    }
  });
});
