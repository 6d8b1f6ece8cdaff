// What is never given again: whatever was not a complete, successful answer. Who asks the same after it is answered anew.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../recordings/scripted-upstream.ts';
import { type Asked, ask, bodyOf, CALLERS, type Caller } from './cached-callers.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

let sim: Sim;
let scripted: ScriptedUpstream;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 12 });
  scripted = await startScriptedUpstream();
  gateway = await startGateway(`
health: { enabled: false }
retries: 0
cache: { mode: exact, ttl: 1h, max_entry: 64KB }
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: a-key }
  responses: { dialect: openai-responses, base_url: "${sim.url}", api_key: a-key }
  messages: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: a-key }
  scripted: { dialect: openai-chat, base_url: "${scripted.lane('v1').url}", api_key: a-key }
`);
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await scripted.stop();
});

const PATHS: { readonly [C in Caller]: string } = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
};

let questions = 0;
const newQuestion = () => `Question ${++questions} of those that fail.`;

/** What a plain client gets, to the end. */
async function post(caller: Caller, asked: Asked) {
  const body = { ...bodyOf(caller, asked), stream: asked.stream };
  const response = await gateway.post(PATHS[caller], body);
  const text = await response.text().catch(() => '');
  return { status: response.status, text };
}

describe('a request that failed is asked again, and the good answer is the one that is kept', () => {
  const FAULTS = [
    'status=500',
    'status=503',
    'status=529',
    'status=429+retry-after=0',
    'status=400',
    'status=401',
    'status=403',
    'status=404',
    'status=413',
    'reset',
    'error-in-200',
    'empty',
    'junk',
  ];
  const MIDWAY = [
    'cut=0',
    'cut=3',
    'eof=0',
    'eof=3',
    'reset=3',
    'error-in-stream=0',
    'error-in-stream=3',
  ];
  for (const caller of CALLERS)
    for (const stream of [false, true])
      for (const fault of stream ? [...FAULTS, ...MIDWAY] : FAULTS)
        test(`${caller}, ${stream ? 'streamed' : 'whole'}: ${fault}`, async () => {
          const text = newQuestion();
          // Failures are counted by the model's words, so each case has words of its own.
          const model = `${caller}/echo+tokens=${100 + questions}+${fault}+times=1`;
          const before = sim.received;
          const bad = await post(caller, { model, stream, text });
          const failed = sim.received - before;
          expect(failed).toBeGreaterThan(0);
          expect(bad.text).not.toContain('"cache_hit":"exact"');
          const good = await ask(gateway, caller, { model, stream, text });
          expect(good.metadata.cache_hit).toBe(false);
          expect(sim.received - before).toBe(failed + 1);
          const again = await ask(gateway, caller, { model, stream, text });
          expect(again.metadata.cache_hit).toBe('exact');
          expect(sim.received - before).toBe(failed + 1);
        });
});

describe('an answer that came and was not whole, or was none, is not kept', () => {
  const SCENES: readonly { name: string; words: string; more?: Asked['more'] }[] = [
    { name: 'cut at its limit', words: 'tokens=50+finish=length' },
    { name: 'filtered', words: 'tokens=5+finish=content_filter' },
    { name: 'refused', words: 'refusal' },
    { name: 'nothing but space', words: 'say=%20' },
  ];
  for (const caller of CALLERS)
    for (const stream of [false, true])
      for (const { name, words } of SCENES)
        test(`${caller}, ${stream ? 'streamed' : 'whole'}: ${name}`, async () => {
          const asked = { model: `${caller}/echo+${words}`, stream, text: newQuestion() };
          const before = sim.received;
          for (let time = 1; time <= 3; time++) {
            const reply = await ask(gateway, caller, asked);
            expect(reply.metadata.cache_hit).toBe(false);
            expect(sim.received - before).toBe(time);
          }
        });

  test('larger than may be kept', async () => {
    const asked = { model: `chat/echo+say=${'x'.repeat(70_000)}`, stream: false, text: 'large' };
    const { model, ...rest } = asked;
    const play = (content: string) =>
      scripted.lane('v1').play({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          completion([{ index: 0, message: said(content), finish_reason: 'stop' }]),
        ),
        chunked: false,
      });
    expect(model.length).toBeGreaterThan(70_000);
    play('x'.repeat(70_000));
    await twiceAsked({ ...rest, model: 'scripted/m' }, 2);
    play('x'.repeat(7000));
    await twiceAsked({ ...rest, text: 'smaller', model: 'scripted/m' }, 1);
  });

  test('of an unnamed end', async () => {
    playWhole([{ index: 0, message: said('Hello'), finish_reason: null }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion() }, 2);
    scripted.lane('v1').play({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: `data: ${JSON.stringify(chunk({ content: 'Hello' }))}\n\ndata: [DONE]\n\n`,
      chunked: true,
    });
    await twiceAsked({ model: 'scripted/m', stream: true, text: newQuestion() }, 2);
  });

  test('of several choices, one cut or refused', async () => {
    const good = { index: 0, message: said('Hello'), finish_reason: 'stop' };
    const more = { n: 2 };
    playWhole([good, { index: 1, message: said('Hel'), finish_reason: 'length' }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion(), more }, 2);
    const no = { role: 'assistant', content: null, refusal: 'No.' };
    playWhole([good, { index: 1, message: no, finish_reason: 'stop' }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion(), more }, 2);
    playWhole([good, { index: 1, message: said('Hi'), finish_reason: 'stop' }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion(), more }, 1);
  });

  test('with a call nobody can read', async () => {
    const tool = (args: string) => ({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: args } }],
      },
      finish_reason: 'tool_calls',
    });
    const asked = { model: 'scripted/m', stream: false, tools: ['f'] };
    playWhole([tool('{"city":"Ro')]);
    await twiceAsked({ ...asked, text: newQuestion() }, 2);
    playWhole([tool('')]);
    await twiceAsked({ ...asked, text: newQuestion() }, 1);
  });

  test('not of the form that was asked for', async () => {
    const more = {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object', required: ['a'] } },
      },
    };
    playWhole([{ index: 0, message: said('{"b":1}'), finish_reason: 'stop' }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion(), more }, 2);
    playWhole([{ index: 0, message: said('{"a":1}'), finish_reason: 'stop' }]);
    await twiceAsked({ model: 'scripted/m', stream: false, text: newQuestion(), more }, 1);
  });
});

describe('a caller who leaves', () => {
  for (const caller of CALLERS)
    test(`${caller}: half a stream is nobody's answer`, async () => {
      const text = newQuestion();
      const asked = { model: `${caller}/echo+tokens=40+gap=20`, stream: true, text };
      const controller = new AbortController();
      const before = sim.received;
      const response = await fetch(gateway.url + PATHS[caller], {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: JSON.stringify({ ...bodyOf(caller, asked), stream: true }),
        signal: controller.signal,
      });
      await response.body?.getReader().read();
      controller.abort();
      await until(async () => (await gateway.rows()).at(-1)?.outcome === 'aborted');
      const whole = await ask(gateway, caller, asked);
      expect(whole.metadata.cache_hit).toBe(false);
      expect(sim.received - before).toBe(2);
      const again = await ask(gateway, caller, asked);
      expect(again.metadata.cache_hit).toBe('exact');
    });
});

const said = (content: string) => ({ role: 'assistant', content, refusal: null });
const completion = (choices: readonly object[]) => ({
  id: 'chatcmpl-scripted',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices,
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const chunk = (delta: object) => ({
  id: 'chatcmpl-scripted',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: null }],
});

function playWhole(choices: readonly object[]): void {
  scripted.lane('v1').play({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(completion(choices)),
    chunked: false,
  });
}

/** Asks twice; the scripted provider is asked so often. */
async function twiceAsked(asked: Asked, times: 1 | 2): Promise<void> {
  scripted.lane('v1').take();
  expect((await post('chat', asked)).status).toBe(200);
  expect((await post('chat', asked)).status).toBe(200);
  expect(scripted.lane('v1').take()).toHaveLength(times);
}
