// What a request asks of its reply's shape holds for a cached one too; what only its maker adds to it stays; and an entry that
// cannot be read is nobody's: the request is answered as if it were not there.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { CachedAnswer } from '../../src/core/cached-answer.ts';
import { asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../recordings/scripted-upstream.ts';
import { type Asked, ask, bare, type Shown, said } from './cached-callers.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let upstream: ScriptedUpstream;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway(`
health: { enabled: false }
retries: 0
cache: { mode: exact, ttl: 1h }
providers:
  chat: { dialect: openai-chat, base_url: "${upstream.lane('chat').url}", api_key: a-key }
  messages: { dialect: anthropic-messages, base_url: "${upstream.lane('messages').url}", api_key: a-key }
  responses: { dialect: openai-responses, base_url: "${upstream.lane('responses').url}", api_key: a-key }
`);
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
afterEach(() => void upstream.lane('chat').take());

const EXTRAS = {
  id: 'chatcmpl-theirs-1',
  created: 7,
  model: 'm-2',
  system_fingerprint: 'fp_1',
  service_tier: 'default',
  x_vendor: { weight: 1.5 },
};
const USAGE = {
  prompt_tokens: 9,
  completion_tokens: 3,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 1, accepted_prediction_tokens: 0 },
};

/** The next answers of the provider on the chat wire: a stream of these deltas. */
function stream(deltas: readonly JsonObject[], finish = 'stop', extras: JsonObject = EXTRAS): void {
  const head = { ...extras, object: 'chat.completion.chunk' };
  const chunks: object[] = deltas.map((delta) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  }));
  chunks.push({ ...head, choices: [{ index: 0, delta: {}, finish_reason: finish }] });
  chunks.push({ ...head, choices: [], usage: USAGE });
  const frames = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
  play('chat', frames.map((frame) => `data: ${frame}\n\n`).join(''), true);
}

function whole(choices: readonly JsonObject[], extras: JsonObject = EXTRAS): void {
  const body = { ...extras, object: 'chat.completion', choices, usage: USAGE };
  play('chat', JSON.stringify(body, null, 1), false);
}

function play(lane: string, body: string, streamed: boolean): void {
  const type = streamed ? 'text/event-stream' : 'application/json';
  const headers = { 'content-type': type };
  upstream.lane(lane).play({ status: 200, headers, body, chunked: streamed });
}

let questions = 0;
const question = () => `Question ${++questions} of shapes.`;

/** Asked live and from the cache: everything the SDK shows is the same, and the provider is asked once. */
async function twice(asked: Omit<Asked, 'text'>): Promise<readonly [Shown, Shown]> {
  const text = question();
  upstream.lane('chat').take();
  const live = await ask(gateway, 'chat', { ...asked, text });
  const cached = await ask(gateway, 'chat', { ...asked, text });
  expect(upstream.lane('chat').take()).toHaveLength(1);
  expect([live.metadata.cache_hit, cached.metadata.cache_hit]).toEqual([false, 'exact']);
  expect(bare(cached, 'dated')).toEqual(bare(live, 'dated'));
  return [live, cached];
}

const MODEL = 'chat/m';
const HELLO = [{ role: 'assistant', content: '' }, { content: 'Hel' }, { content: 'lo' }];

describe('what its maker adds', () => {
  test('stays, streamed: fingerprints, tiers, fields nobody knows, details of usage', async () => {
    stream(HELLO);
    const more = { stream_options: { include_usage: true } };
    const [live, cached] = await twice({ model: MODEL, stream: true, more });
    expect(cached.pieces.length).toBe(live.pieces.length);
    expect(cached.pieces[0]).toMatchObject({
      system_fingerprint: 'fp_1',
      x_vendor: { weight: 1.5 },
    });
    expect(cached.pieces.at(-1)?.usage).toEqual(USAGE);
    expect(new Set(cached.pieces.map(({ id }) => id))).toEqual(new Set([cached.id]));
  });

  test('stays, whole', async () => {
    const message = { role: 'assistant', content: 'Hello', refusal: null, annotations: [] };
    whole([{ index: 0, message, logprobs: null, finish_reason: 'stop' }]);
    const [, cached] = await twice({ model: MODEL, stream: false });
    expect(cached.reply).toMatchObject({ system_fingerprint: 'fp_1', usage: USAGE });
  });

  test('probabilities and several choices, streamed and whole', async () => {
    const logprobs = {
      content: [{ token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [] }],
    };
    const choice = (index: number) => ({
      ...{ index, message: { role: 'assistant', content: `Hi ${index}` } },
      ...{ logprobs, finish_reason: 'stop' },
    });
    whole([choice(0), choice(1)]);
    const more = { n: 2, logprobs: true };
    const [, cached] = await twice({ model: MODEL, stream: false, more });
    expect(asObjects(cached.reply.choices)).toHaveLength(2);
    expect(asObjects(cached.reply.choices)[1]?.logprobs).toEqual(logprobs);
    // Those are not put together of the other form.
    const text = question();
    await ask(gateway, 'chat', { model: MODEL, stream: false, text, more });
    stream(HELLO);
    const streamed = await ask(gateway, 'chat', { model: MODEL, stream: true, text, more });
    expect(streamed.metadata.cache_hit).toBe(false);
  });
});

describe('ids', () => {
  test.each([['stop'], ['assistant'], ['Hello'], ['1'], ['chat.completion']])(
    'that look like other words of the reply: %s',
    async (id) => {
      const message = { role: 'assistant', content: 'Hello' };
      whole([{ index: 0, message, finish_reason: 'stop' }], { ...EXTRAS, id });
      const text = question();
      const live = await ask(gateway, 'chat', { model: MODEL, stream: false, text });
      const cached = await ask(gateway, 'chat', { model: MODEL, stream: false, text });
      const { id: own, ...rest } = cached.reply;
      const { id: theirs, ...liveRest } = live.reply;
      expect([theirs, own]).toEqual([id, `chatcmpl-${cached.generationId}`]);
      expect({ ...rest, metadata: null, _request_id: null }).toEqual({
        ...liveRest,
        metadata: null,
        _request_id: null,
      } as never);
    },
  );

  test.each([
    ['none', undefined],
    ['an empty one', ''],
  ])('%s stays so', async (_, id) => {
    stream(HELLO, 'stop', { ...EXTRAS, id: id as string });
    const text = question();
    const raw = async () => {
      const body = { model: MODEL, stream: true, messages: [{ role: 'user', content: text }] };
      return (await gateway.post('/v1/chat/completions', body)).text();
    };
    const live = await raw();
    const cached = await raw();
    expect(cached).toContain('"cache_hit":"exact"');
    const frames = (sent: string) => sent.split('\n\n').slice(0, 3);
    expect(frames(cached)).toEqual(frames(live));
  });
});

describe('what a request asks of its reply', () => {
  test('usage in a chunk of its own, or with the last', async () => {
    stream(HELLO);
    const more = { stream_options: { include_usage: true } };
    const [, own] = await twice({ model: MODEL, stream: true, more });
    const [, folded] = await twice({ model: MODEL, stream: true });
    expect(own.pieces.at(-1)).toMatchObject({ choices: [], usage: USAGE });
    expect(folded.pieces.at(-1)).toMatchObject({ usage: USAGE });
    expect(asObjects(folded.pieces.at(-1)?.choices)).toHaveLength(1);
  });

  test('no thoughts', async () => {
    stream([{ role: 'assistant', reasoning_content: 'secret' }, { content: 'Hello' }]);
    const more = { reasoning: { exclude: true } };
    for (const streamed of [true, false]) {
      const text = question();
      for (let time = 0; time < 2; time++) {
        const shown = await ask(gateway, 'chat', { model: MODEL, stream: streamed, text, more });
        expect(JSON.stringify(shown)).not.toContain('secret');
        expect(said('chat', shown).text).toBe('Hello');
      }
      // Kept as the first was asked: a whole answer comes of a stream only when it is asked so.
      whole([
        {
          index: 0,
          message: { role: 'assistant', reasoning_content: 'secret', content: 'Hello' },
          finish_reason: 'stop',
        },
      ]);
    }
  });

  test('a form, which a cached answer is said to have too', async () => {
    stream([{ role: 'assistant', content: '{"a":' }, { content: '1}' }]);
    const schema = { type: 'object', required: ['a'] };
    const more = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } };
    const [live, cached] = await twice({ model: MODEL, stream: true, more });
    expect(live.metadata.structured_output).toEqual({ valid: true });
    expect(cached.metadata.structured_output).toEqual({ valid: true });
  });

  test('calls without arguments', async () => {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'f', arguments: '' },
    };
    stream([{ role: 'assistant', content: null, tool_calls: [call] }], 'tool_calls');
    await twice({ model: MODEL, stream: true, tools: ['f'] });
  });
});

describe('an entry that cannot be read', () => {
  const DAMAGES: readonly [string, Partial<CachedAnswer>][] = [
    ['no JSON', { form: 'reply', text: '{"id":' }],
    ['another reply', { form: 'reply', text: '{"hello":1}' }],
    ['an error', { form: 'reply', text: '{"error":{"message":"no"}}' }],
    ['no frames', { form: 'frames', text: 'hello' }],
    [
      'half a stream',
      { form: 'frames', text: 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n' },
    ],
    ['events of another kind', { form: 'events', text: '[{"type":"start"},{"type":"sing"}]' }],
    ['no events', { form: 'events', text: '{}' }],
    ['another form', { form: 'sealed' as never, text: '{}' }],
    ['another wire', { wire: 'telegraph' as never }],
  ];
  for (const streamed of [false, true])
    test.each(DAMAGES)(`${streamed ? 'streamed' : 'whole'}: %s`, async (_, damage) => {
      const { store } = gateway.gateway.answers;
      const text = question();
      const asked = { model: MODEL, stream: streamed, text };
      const message = { role: 'assistant', content: 'Hello' };
      if (streamed) stream(HELLO);
      else whole([{ index: 0, message, finish_reason: 'stop' }]);
      const keys: string[] = [];
      const keep = store.keep.bind(store);
      // What is kept is damaged on its way: by the disk, or by another version.
      store.keep = (key, answer) => {
        keys.push(key);
        keep(key, keys.length === 1 ? { ...answer, ...damage } : answer);
      };
      try {
        for (const hit of [false, false, 'exact']) {
          const shown = await ask(gateway, 'chat', asked);
          expect(shown.metadata.cache_hit).toBe(hit);
          expect(said('chat', shown).text).toBe('Hello');
        }
      } finally {
        store.keep = keep;
      }
      expect(upstream.lane('chat').take()).toHaveLength(2);
      const rows = (await gateway.rows()).slice(-3);
      expect(rows.map(({ status, cache }) => [status, cache])).toEqual([
        [200, null],
        [200, null],
        [200, 'exact'],
      ]);
    });
});

test('the row of a hit says what it was: nobody asked, nothing spent, and how it ended', async () => {
  stream(HELLO);
  const [, cached] = await twice({ model: MODEL, stream: true });
  const row = (await gateway.rows()).at(-1);
  expect(row).toMatchObject({
    generation_id: cached.generationId,
    outcome: 'ok',
    status: 200,
    model: MODEL,
    provider: 'chat',
    attempts: [],
    cost_usd: 0,
    cache: 'exact',
    finish_reason: 'stop',
  });
  expect(asObject(row?.usage)?.output_tokens ?? null).toBeNull();
  expect(row?.ttft_ms).toBeGreaterThanOrEqual(0);
  expect(row?.total_ms).toBeGreaterThanOrEqual(row?.ttft_ms ?? 0);
});

test('where bodies are kept, the reply of a hit is, as its caller got it', async () => {
  const keeping = await startGateway(`
cache: { mode: exact, ttl: 1h }
log: { bodies: { keep: true } }
providers:
  chat: { dialect: openai-chat, base_url: "${upstream.lane('chat').url}", api_key: a-key }
`);
  try {
    stream(HELLO);
    const body = { model: MODEL, stream: true, messages: [{ role: 'user', content: question() }] };
    for (const hit of [false, true, true]) {
      const response = await keeping.post('/v1/chat/completions', body);
      const text = await response.text();
      expect(text.includes('"cache_hit":"exact"')).toBe(hit);
      await keeping.gateway.bodies.flush();
      const id = response.headers.get('x-generation-id');
      const read = await fetch(`${keeping.url}/router/v1/logs/${id}/bodies`, {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      });
      const told = (await read.json()) as { readonly reply: JsonObject };
      const frames = text.split('\n\n').filter((frame) => frame !== '');
      const sent = frames.map((frame) => frame.slice('data: '.length));
      expect(told.reply.events).toEqual(sent.map((data) => parseJson(data) ?? data) as never);
    }
  } finally {
    await keeping.stop();
  }
});
