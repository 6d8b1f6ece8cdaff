// Reasoning state that moves to another host of the same wire with the conversation: refused there, it is left out, and said so.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Server } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

/** State that only the first host takes. */
const STATE = 'made-by-the-first-host';

let sim: Sim;
/** The second host: refuses the first one's state in its wire's own words, and answers everything else. */
let other: Server<undefined>;
let seen: string[] = [];
let gateway: GatewayUnderTest;

const REFUSALS: { readonly [path: string]: JsonObject } = {
  '/v1/responses': {
    error: {
      message: 'The encrypted content could not be verified.',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_encrypted_content',
    },
  },
  '/v1/messages': {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
    },
  },
};

beforeAll(async () => {
  sim = startSim({ seed: 1 });
  other = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const body = await request.text();
      seen.push(body);
      if (body.includes(STATE)) return Response.json(REFUSALS[pathname], { status: 400 });
      const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
      return fetch(sim.url + pathname.slice(3), { method: 'POST', headers, body });
    },
  });
  const url = `http://127.0.0.1:${other.port}/v1`;
  gateway = await startGateway(`
providers:
  down: { dialect: openai-responses, base_url: "${sim.urlWith('status=503')}", api_key: k }
  second: { dialect: openai-responses, base_url: "${url}", api_key: k }
  claude-down: { dialect: anthropic-messages, base_url: "${sim.urlWith('status=529')}", api_key: k }
  claude-second: { dialect: anthropic-messages, base_url: "${url}", api_key: k }
`);
});
beforeEach(() => {
  sim.clear();
  seen = [];
});
afterAll(async () => {
  await Promise.all([gateway.stop(), sim.stop()]);
  await other.stop(true);
});

const schema = { type: 'object', properties: {} };
const responses = (more: object = {}) => ({
  model: 'down/echo',
  models: ['second/echo'],
  store: false,
  input: [
    { role: 'user', content: 'Hello' },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: STATE },
    { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'Seen.' },
  ],
  tools: [{ type: 'function', name: 'look', parameters: schema }],
  ...more,
});
const messages = (more: object = {}) => ({
  model: 'claude-down/echo',
  models: ['claude-second/echo'],
  max_tokens: 3000,
  thinking: { type: 'enabled', budget_tokens: 1024 },
  messages: [
    { role: 'user', content: 'Hello' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: STATE },
        { type: 'tool_use', id: 't1', name: 'look', input: {} },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'Seen.' }] },
  ],
  tools: [{ name: 'look', input_schema: schema }],
  ...more,
});

const metadataOf = (text: string): ReplyMetadata => {
  const frames = text.split('\n').map((line) => asObject(parseJson(line.replace(/^data: /, ''))));
  const found = frames
    .flatMap((frame) => [frame, asObject(frame?.response)])
    .map((frame) => frame?.gateway_metadata ?? frame?.metadata)
    .find((metadata) => asObject(metadata)?.generation_id !== undefined);
  return found as unknown as ReplyMetadata;
};

describe.each([
  [
    '/v1/responses',
    responses,
    ['input[1]: reasoning dropped; the provider takes only what it encrypted itself'],
  ],
  [
    '/v1/messages',
    messages,
    [
      'messages[1].content[0]: thinking dropped; the provider takes only what it signed itself',
      'thinking: off until the tools are done; its beginning was dropped',
    ],
  ],
] as const)('%s', (path, body, losses) => {
  for (const stream of [false, true])
    test(`the fallback answers without it, in one attempt${stream ? ', streamed' : ''}`, async () => {
      const before = (await gateway.rows()).length;
      const reply = await gateway.post(path, body({ stream }));
      const text = await reply.text();
      expect([reply.status, text]).toEqual([200, expect.stringContaining('Seen.')]);
      expect(seen.map((sent) => sent.includes(STATE))).toEqual([true, false]);
      expect(metadataOf(text).losses).toEqual([...losses]);
      const [row] = (await gateway.rows()).slice(before);
      expect(row?.attempts.map(({ success }) => success)).toEqual([false, true]);
    });

  test('under "strict" it is refused, in the provider’s words', async () => {
    const reply = await gateway.post(path, body({ strict: true }));
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { message: string } };
    expect(error.message).toMatch(/could not be verified|Invalid `signature`/);
    expect(seen).toHaveLength(1);
  });
});

test('a caller of another wire, whose conversation carries the first host’s state, is answered too', async () => {
  const reply = await gateway.post('/v1/messages', {
    ...messages({ model: 'down/echo', models: ['second/echo'] }),
    messages: [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            thinking: 'Hm.',
            signature: `switchyard:openai-responses-v1:rs_1|${STATE}`,
          },
          { type: 'tool_use', id: 't1', name: 'look', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'Seen.' }] },
    ],
  });
  const text = await reply.text();
  expect([reply.status, text]).toEqual([200, expect.stringContaining('Seen.')]);
  expect(seen.map((sent) => sent.includes(STATE))).toEqual([true, false]);
  expect(metadataOf(text).losses).toContain(
    'messages[1].content[0]: reasoning dropped; the provider refused it',
  );
});
