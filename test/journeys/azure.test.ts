// Azure OpenAI end to end: both of its APIs, where its address comes from, its content filters, and what it refuses.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { BadRequestError } from 'openai';
import { type ScriptedUpstream, startScriptedUpstream } from '../recordings/scripted-upstream.ts';
import { failureOf } from './failure-of.ts';
import { startGateway } from './gateway-under-test.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(() => upstream.stop());

const SAFE = { hate: { filtered: false, severity: 'safe' } };
const PROMPT_VERDICT = {
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
};
const USAGE = { prompt_tokens: 15, completion_tokens: 2, total_tokens: 17 };
const ASK = { messages: [{ role: 'user' as const, content: 'Tell me a joke' }] };

const chunk = (choice: object, rest: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1714036975,
  model: 'gpt-4o-2024-11-20',
  choices: [{ index: 0, finish_reason: null, content_filter_results: SAFE, ...choice }],
  ...rest,
});
const STREAM = [
  PROMPT_VERDICT,
  chunk({ delta: { role: 'assistant', content: '' }, content_filter_results: {} }),
  chunk({ delta: { content: 'Why' } }),
  chunk({ delta: { content: ' not?' } }),
  // The asynchronous filter's verdicts: choices without a delta.
  chunk({ content_filter_offsets: { check_offset: 35, start_offset: 35, end_offset: 60 } }),
  chunk({ delta: {}, finish_reason: 'stop' }),
  { ...chunk({}), choices: [], usage: USAGE },
];
const sse = (events: readonly object[]) =>
  `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;

function play(lane: string, body: string, status = 200, type = 'application/json') {
  const target = upstream.lane(lane);
  target.take();
  target.play({
    status,
    headers: { 'content-type': type },
    body,
    chunked: type === 'text/event-stream',
  });
  return target;
}

const reply = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1741880483,
  model: 'gpt-4o-2024-11-20',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      content_filter_results: SAFE,
      message: { role: 'assistant', content: 'Why not?', refusal: null },
    },
  ],
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
  usage: USAGE,
};

describe('the v1 API', () => {
  test('has the deployment in the body and the key in api-key; filters pass to a caller of its wire', async () => {
    const lane = play('v1', JSON.stringify(reply));
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${lane.url}/", api_key: azure-secret }`,
    );
    try {
      const answer = await gateway
        .openai()
        .chat.completions.create({ model: 'azure/my-deployment', ...ASK, max_tokens: 50 });
      const [request, ...others] = lane.take();
      expect(others).toEqual([]);
      expect(request?.path).toBe('/v1/openai/v1/chat/completions');
      expect(request?.headers['api-key']).toBe('azure-secret');
      expect(request?.headers.authorization).toBeUndefined();
      expect(JSON.parse(request?.body ?? '')).toEqual({
        model: 'my-deployment',
        ...ASK,
        max_completion_tokens: 50,
      });
      expect(answer.choices[0]?.message.content).toBe('Why not?');
      expect(answer).toMatchObject({ prompt_filter_results: reply.prompt_filter_results });
    } finally {
      await gateway.stop();
    }
  });

  test('a version in words is asked for by name; an Entra token is a bearer token', async () => {
    const lane = play('words', JSON.stringify(reply));
    const gateway = await startGateway('', {
      AZURE_OPENAI_ENDPOINT: `${lane.url}/openai/v1/`,
      AZURE_OPENAI_AD_TOKEN: 'eyJhbGciOi.eyJzdWIi.c2ln',
      OPENAI_API_VERSION: 'preview',
    });
    try {
      await gateway.anthropic().messages.create({ model: 'azure/gpt-5', ...ASK, max_tokens: 9 });
      const [request] = lane.take();
      expect(request?.path).toBe('/words/openai/v1/chat/completions?api-version=preview');
      expect(request?.headers.authorization).toBe('Bearer eyJhbGciOi.eyJzdWIi.c2ln');
      expect(request?.headers['api-key']).toBeUndefined();
    } finally {
      await gateway.stop();
    }
  });

  test('a stream that opens with verdicts is whole on both wires', async () => {
    const lane = play('stream', sse(STREAM), 200, 'text/event-stream');
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${lane.url}", api_key: k }`,
    );
    try {
      const message = await gateway
        .anthropic()
        .messages.stream({ model: 'azure/gpt-4o', ...ASK, max_tokens: 50 })
        .finalMessage();
      expect(message.content).toMatchObject([{ type: 'text', text: 'Why not?' }]);
      expect(message.stop_reason).toBe('end_turn');
      expect(message.usage).toMatchObject({ input_tokens: 15, output_tokens: 2 });
      expect(JSON.parse(lane.take()[0]?.body ?? '').stream_options).toEqual({
        include_usage: true,
      });

      let text = '';
      let usage: unknown;
      const stream = await gateway
        .openai()
        .chat.completions.create({ model: 'azure/gpt-4o', ...ASK, stream: true });
      for await (const part of stream) {
        text += part.choices[0]?.delta?.content ?? '';
        usage = part.usage ?? usage;
      }
      expect(text).toBe('Why not?');
    } finally {
      await gateway.stop();
    }
  });

  test('verdicts and a role, then an error inside the 200: the next candidate answers unseen', async () => {
    const failing = play(
      'failing',
      `${sse(STREAM.slice(0, 2)).replace('data: [DONE]\n\n', '')}data: ${JSON.stringify({ error: { code: '429', message: 'Rate limit reached' } })}\n\n`,
      200,
      'text/event-stream',
    );
    const standby = play('standby', sse(STREAM), 200, 'text/event-stream');
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${failing.url}", api_key: k }\n  standby: { base_url: "${standby.url}", api_key: k }`,
    );
    try {
      const stream = await gateway.openai().chat.completions.create({
        model: 'azure/gpt-4o',
        ...{ models: ['standby/gpt-4o'] },
        ...ASK,
        stream: true,
      });
      let text = '';
      let chunks = 0;
      for await (const part of stream) {
        chunks += part.id === 'chatcmpl-1' ? 1 : 0;
        text += part.choices[0]?.delta?.content ?? '';
      }
      expect(text).toBe('Why not?');
      expect(chunks).toBeLessThanOrEqual(STREAM.length);
      expect(failing.take()).toHaveLength(1);
      expect(standby.take()).toHaveLength(1);
    } finally {
      await gateway.stop();
    }
  });

  test("a filtered prompt is the caller's 400, with its code, and is asked nowhere else", async () => {
    const lane = play(
      'filtered',
      JSON.stringify({
        error: {
          message:
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: 'prompt',
          code: 'content_filter',
          status: 400,
          innererror: {
            code: 'ResponsibleAIPolicyViolation',
            content_filter_result: { hate: { filtered: true, severity: 'high' } },
          },
        },
      }),
      400,
    );
    const spare = play('spare', JSON.stringify(reply));
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${lane.url}", api_key: k }\n  spare: { base_url: "${spare.url}", api_key: k }`,
    );
    try {
      const error = await failureOf(
        gateway.openai().chat.completions.create({
          model: 'azure/gpt-4o',
          ...{ models: ['spare/gpt-4o'] },
          ...ASK,
        }),
      );
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ status: 400, code: 'content_filter' });
      expect(lane.take()).toHaveLength(1);
      expect(spare.take()).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });
});

test('the v1 API speaks Responses too: such a call goes on as it came', async () => {
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1741880483,
    status: 'completed',
    model: 'gpt-4.1-mini',
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Why not?', annotations: [] }],
      },
    ],
    content_filters: [{ blocked: false, source_type: 'prompt', content_filter_results: SAFE }],
    usage: { input_tokens: 15, output_tokens: 2, total_tokens: 17 },
  };
  const lane = play('responses', JSON.stringify(response));
  const gateway = await startGateway(
    `providers:\n  azure: { resource: "${lane.url}", api_key: k }`,
  );
  try {
    const answer = await gateway
      .openai()
      .responses.create({ model: 'azure/my-deployment', input: 'Tell me a joke' });
    expect(answer.output_text).toBe('Why not?');
    expect(answer).toMatchObject({ content_filters: response.content_filters });
    const requests = lane.take();
    expect(requests.map(({ path }) => path)).toEqual(['/responses/openai/v1/responses']);
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      model: 'my-deployment',
      input: 'Tell me a joke',
    });
  } finally {
    await gateway.stop();
  }
});

describe('dated versions', () => {
  test('have the deployment in the path, and only the fields they know', async () => {
    const lane = play('dated', sse(STREAM), 200, 'text/event-stream');
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${lane.url}", api_key: k, api_version: "2024-02-01" }`,
    );
    try {
      const message = await gateway
        .anthropic()
        .messages.stream({ model: 'azure/gpt 35/turbo', ...ASK, max_tokens: 50 })
        .finalMessage();
      expect(message.content).toMatchObject([{ type: 'text', text: 'Why not?' }]);
      const [request] = lane.take();
      expect(request?.path).toBe(
        '/dated/openai/deployments/gpt%2035%2Fturbo/chat/completions?api-version=2024-02-01',
      );
      const body = JSON.parse(request?.body ?? '');
      expect(body.max_tokens).toBe(50);
      expect(body.stream_options).toBeUndefined();
    } finally {
      await gateway.stop();
    }
  });

  test('a Responses call and a model of that wire are asked on the one wire that is there', async () => {
    const lane = play('translated', JSON.stringify(reply));
    const gateway = await startGateway(
      `providers:\n  azure: { resource: "${lane.url}", api_key: k, api_version: "2025-01-01-preview" }`,
    );
    try {
      const answer = await gateway
        .openai()
        .responses.create({ model: 'azure/o3-pro', input: 'Tell me a joke' });
      expect(answer.output_text).toBe('Why not?');
      expect(lane.take().map(({ path }) => path)).toEqual([
        '/translated/openai/deployments/o3-pro/chat/completions?api-version=2025-01-01-preview',
      ]);
    } finally {
      await gateway.stop();
    }
  });

  test('newer ones know all fields', async () => {
    const lane = play('newer', JSON.stringify(reply));
    const gateway = await startGateway('', {
      AZURE_OPENAI_ENDPOINT: lane.url,
      AZURE_OPENAI_API_KEY: 'k',
      AZURE_OPENAI_API_VERSION: '2025-04-01-preview',
    });
    try {
      await gateway
        .openai()
        .chat.completions.create({ model: 'azure/gpt-4o', ...ASK, max_tokens: 50 });
      const [request] = lane.take();
      expect(request?.path).toBe(
        '/newer/openai/deployments/gpt-4o/chat/completions?api-version=2025-04-01-preview',
      );
      expect(JSON.parse(request?.body ?? '').max_completion_tokens).toBe(50);
    } finally {
      await gateway.stop();
    }
  });
});

test('a key without an address is no provider, and the message says what is missing', async () => {
  const gateway = await startGateway('', { AZURE_API_KEY: 'k' });
  try {
    const response = await gateway.post('/v1/chat/completions', { model: 'azure/gpt-4o', ...ASK });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain('AZURE_OPENAI_ENDPOINT');
  } finally {
    await gateway.stop();
  }
});
