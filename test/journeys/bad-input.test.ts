// Bad input: each mistake is named with its place, in the caller's dialect, and the gateway goes on serving.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { GATEWAY_ACTOR } from '../../src/core/actor.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import {
  anthropicCaller,
  CALLERS,
  type Caller,
  call,
  metadataOf,
  openaiCaller,
} from './callers.ts';
import { failureOf } from './failure-of.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  const listing = `
  gamma: { dialect: openai-chat, base_url: "${wires.alpha.url}", models: [gpt-oss-120b, qwen3-32b] }
`;
  gateway = await startGateway(wires.yaml.replace('\nmodels:', `${listing}\nmodels:`));
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});
/** Whatever came before, nobody was asked, nothing failed inside, and the next good request is served. */
afterEach(async () => {
  const asked = wires.alpha.received + wires.beta.received;
  const { status } = await call(gateway, openaiCaller, 'alpha/echo');
  wires.alpha.clear();
  wires.beta.clear();
  expect({ asked, status, logged: gateway.logged }).toEqual({ asked: 0, status: 200, logged: [] });
});

/** Words of the prompt that must not come back in an error. */
const PROMPT = 'the merger is planned for Tuesday';

interface Refusal {
  readonly status: number;
  readonly code: unknown;
  readonly type: unknown;
  readonly param: unknown;
  readonly message: string;
  readonly body: JsonObject;
}

/** Reads an error reply and checks what all of them have. */
async function refusal(caller: Caller, response: Response): Promise<Refusal> {
  expect(response.headers.get('content-type')).toStartWith('application/json');
  const text = await response.text();
  expect(text).not.toContain(PROMPT);
  const body = asObject(parseJson(text)) ?? {};
  if (caller.name === 'anthropic') expect(body.type).toBe('error');
  const { code, type, param, message } = asObject(body.error) ?? {};
  expect(typeof type).toBe('string');
  return { status: response.status, code, type, param, message: String(message), body };
}

async function refused(caller: Caller, body: unknown): Promise<Refusal> {
  return refusal(caller, await gateway.post(caller.path, body));
}

describe('bodies that are no JSON object', () => {
  const BROKEN: readonly (readonly [string, string, RegExp])[] = [
    ['a comma too many', `{"model": "alpha/echo",\n "x": "${PROMPT}",}`, /line 2, column 43/],
    ['no quotes', `{model: "${PROMPT}"}`, /line 1, column 2/],
    [
      'cut short',
      `{"model": "alpha/echo", "messages": [{"role": "user", "content": "${PROMPT}`,
      /line 1/,
    ],
    ['NaN', '{"model": "alpha/echo", "temperature": NaN}', /line 1, column 40/],
    ['plain text', PROMPT, /line 1, column 1/],
    ['empty', '', /has no body/],
    ['an array', `["${PROMPT}"]`, /must be a JSON object/],
    ['a string', `"${PROMPT}"`, /must be a JSON object/],
    ['null', 'null', /must be a JSON object/],
  ];

  test.each(BROKEN)('%s', async (_what, text, message) => {
    for (const caller of CALLERS) {
      const { status, code, type, message: said } = await refused(caller, text);
      expect([status, code, type]).toEqual([400, 'invalid_json', 'invalid_request_error']);
      expect(said).toMatch(message);
    }
  });

  test('bytes that are no UTF-8', async () => {
    for (const caller of CALLERS) {
      const good = JSON.stringify(caller.body('alpha/echo'));
      const bytes = Buffer.concat([
        Buffer.from(good.slice(0, -1)),
        Buffer.from(',"user":"'),
        Buffer.from([0xc3, 0x28, 0xff]),
        Buffer.from('"}'),
      ]);
      for (const body of [bytes, chunked(bytes)]) {
        const { status, code, message } = await refusal(caller, await sendBody(caller.path, body));
        expect([status, code]).toEqual([400, 'invalid_json']);
        expect(message).toContain('UTF-8');
      }
    }
  });

  test.each([501, 2_000_000])('nesting %d deep', async (depth) => {
    for (const caller of CALLERS) {
      for (const member of nested(depth - 1)) {
        const good = JSON.stringify(caller.body('alpha/echo')).slice(0, -1);
        const response = await gateway.post(caller.path, `${good},${member}}`);
        const { status, code, message } = await refusal(caller, response);
        expect([status, code]).toEqual([400, 'invalid_request']);
        expect(message).toContain('500 deep');
      }
    }
  });

  test('nesting 500 deep is served, and logged', async () => {
    const before = (await gateway.rows()).length;
    for (const caller of CALLERS) {
      for (const member of nested(499)) {
        const good = JSON.stringify(caller.body('alpha/echo')).slice(0, -1);
        const response = await gateway.post(caller.path, `${good},${member}}`);
        expect(response.status).toBe(200);
      }
    }
    expect((await gateway.rows()).length).toBe(before + 2 * CALLERS.length);
    wires.alpha.clear();
  });
});

/** Members of a body that are so many levels deep. */
function nested(levels: number): readonly string[] {
  return [
    `"metadata":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
    `"unheard_of":${'['.repeat(levels)}${']'.repeat(levels)}`,
  ];
}

describe('bodies that are too large', () => {
  const MB = 1024 * 1024;

  test.each([17, 20])('%d MB', async (megabytes) => {
    const text = JSON.stringify(
      openaiCaller.body('alpha/echo', { user: 'x'.repeat(megabytes * MB) }),
    );
    const bytes = Buffer.from(text);
    for (const caller of CALLERS) {
      for (const body of [bytes, chunked(bytes)]) {
        const { status, code, type, message } = await refusal(
          caller,
          await sendBody(caller.path, body),
        );
        expect([status, code]).toEqual([413, 'request_too_large']);
        expect(type).toBe(
          caller.name === 'anthropic' ? 'request_too_large' : 'invalid_request_error',
        );
        expect(message).toContain('16 MB');
      }
    }
  });

  test('15 MB is served', async () => {
    const more = { user: 'x'.repeat(15 * MB) };
    const heard = await call(gateway, openaiCaller, 'alpha/echo', more);
    expect(heard.status).toBe(200);
    wires.alpha.clear();
  });
});

type Wrong = readonly [param: string, fields: JsonObject, message?: RegExp];

const user = (content: JsonObject[string]) => ({ messages: [{ role: 'user', content }] });

const WRONG_MESSAGES: readonly Wrong[] = [
  ['messages', { messages: 'hi' }],
  ['messages', { messages: [] }],
  ['messages', { messages: null }],
  ['messages', { messages: { role: 'user' } }],
  ['messages[0]', { messages: ['hi'] }],
  ['messages[0]', { messages: [null] }],
  ['messages[0].role', { messages: [{ role: 'robot', content: 'hi' }] }],
  ['messages[0].role', { messages: [{ content: 'hi' }] }],
  ['messages[0].content', user(5)],
  ['messages[0].content', user(null)],
  ['messages[0].content', user({ type: 'text' })],
  ['messages[0].content[1]', user([{ type: 'text', text: 'a' }, 'b'])],
  ['messages[0].content[0].type', user([{ text: 'a' }])],
  ['messages[0].content[0].type', user([{ type: 7 }])],
  ['max_tokens', { max_tokens: '100' }],
];

const WRONG_FOR_ALL: readonly Wrong[] = [
  ['model', { model: 5 }],
  ['model', { model: '' }],
  ['model', { model: null }, /provider|gpt/],
  ['stream', { stream: 'yes' }],
  ['temperature', { temperature: 'hot' }],
  ['top_p', { top_p: [1] }],
  ['tools', { tools: 'all' }],
  ['tools[0]', { tools: [5] }],
  ['tool_choice', { tool_choice: 5 }],
  // ours
  ['models', { models: 'alpha/echo' }],
  ['models[0]', { models: [5] }],
  ['models[1]', { models: ['a', ''] }],
  ['ignore', { ignore: 'alpha' }],
  ['sort', { sort: 'price' }],
  ['provider', { provider: 'alpha' }],
  ['provider.order', { provider: { order: 'alpha' } }],
  ['fallback', { fallback: '1s' }],
  ['fallback.ttft_timeout', { fallback: { ttft_timeout: 'soon' } }, /"800ms"/],
  ['fallback.ttft_timeout', { fallback: { ttft_timeout: '100ms' } }, /at least "300ms"/],
  ['fallback.idle_timeout', { fallback: { idle_timeout: 10 } }],
  ['fallback.total_timeout', { fallback: { total_timeout: '0s' } }],
  ['fallback.mode', { fallback: { mode: 'hope' } }],
  ['cache.mode', { cache: { mode: 'sometimes' } }],
  ['cache.threshold', { cache: { threshold: 2 } }],
  ['strict', { strict: 'very' }],
  ['metadata', { metadata: 'vip' }],
  ['extra_body', { extra_body: 5 }],
  ['models', { extra_body: { models: 5 } }],
];

const WRONG: { readonly [name in Caller['name']]: readonly Wrong[] } = {
  openai: [
    ...WRONG_MESSAGES,
    ['messages[0].content[0].text', user([{ type: 'text' }])],
    ['messages[0].content[0].image_url.url', user([{ type: 'image_url', image_url: {} }])],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: {} }] }],
    [
      'messages[0].tool_calls[0].function.name',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: {} }] },
        ],
      },
    ],
    ['tools[0].function', { tools: [{ type: 'function' }] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'f', parameters: 'none' } }] },
    ],
    ['stop', { stop: 5 }],
    ['stop', { stop: [5] }],
    ['n', { n: 'two' }],
    ['seed', { seed: 'x' }],
    ['user', { user: 5 }],
    ['max_completion_tokens', { max_completion_tokens: {} }],
    ['response_format', { response_format: 'json' }],
    ['response_format.type', { response_format: {} }],
    ['stream_options', { stream_options: true }],
    ['reasoning_effort', { reasoning_effort: 5 }],
    ['parallel_tool_calls', { parallel_tool_calls: 'no' }],
  ],
  anthropic: [
    ...WRONG_MESSAGES,
    ['max_tokens', { max_tokens: null }, /required/],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['system', { system: 5 }],
    ['system[0].type', { system: [{ text: 'x' }] }],
    ['top_k', { top_k: 'all' }],
    ['stop_sequences', { stop_sequences: 'x' }],
    ['stop_sequences[0]', { stop_sequences: [1] }],
    ['tool_choice', { tool_choice: 'auto' }],
    ['tool_choice.type', { tool_choice: {} }],
    ['thinking', { thinking: true }],
  ],
  responses: [
    ['input', { input: null }, /missing/],
    ['input', { input: 5 }],
    ['input', { input: [] }],
    ['input[0]', { input: ['hi'] }],
    ['input[0].type', { input: [{}] }],
    ['input[0].role', { input: [{ role: 'robot', content: 'hi' }] }],
    ['input[0].content', { input: [{ role: 'user' }] }],
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input[0].call_id', { input: [{ type: 'function_call_output', output: 'x' }] }],
    ['max_output_tokens', { max_output_tokens: '100' }],
    ['tools[0].name', { tools: [{ type: 'function' }] }],
    ['tools[0].parameters', { tools: [{ type: 'function', name: 'f', parameters: 'none' }] }],
    ['text', { text: 'json' }],
    ['text.format', { text: { format: 'json' } }],
    ['store', { store: 'no' }],
    ['reasoning.effort', { reasoning: { effort: 'a lot' } }],
  ],
};

for (const caller of CALLERS) {
  describe(`${caller.name}: fields of the wrong kind`, () => {
    const wrong = [...WRONG_FOR_ALL, ...WRONG[caller.name]];
    test.each(wrong.map((row) => [row[0], JSON.stringify(row[1]), row] as const))(
      '%s: %s',
      async (param, _fields, [, fields, pattern]) => {
        const {
          status,
          code,
          param: named,
          message,
        } = await refused(caller, {
          ...caller.body('alpha/echo'),
          ...fields,
        });
        expect([status, code, named]).toEqual([400, 'invalid_request', param]);
        expect(message).toContain(param);
        if (pattern) expect(message).toMatch(pattern);
      },
    );

    test('numbers beyond all bounds', async () => {
      const limit = caller.name === 'responses' ? 'max_output_tokens' : 'max_tokens';
      for (const field of ['temperature', 'top_p', limit]) {
        const good = JSON.stringify(caller.body('alpha/echo')).slice(0, -1);
        const { status, param } = await refused(caller, `${good},"${field}":1e999}`);
        expect([status, param]).toEqual([400, field]);
      }
    });
  });
}

describe('names', () => {
  const cases: readonly (readonly [string, number, string, RegExp])[] = [
    ['qwen3-32', 404, 'model_not_found', /Did you mean "qwen3-32b"/],
    ['gpt-oss-12b', 404, 'model_not_found', /"gpt-oss-120b"/],
    ['nothing-like-it-at-all', 404, 'model_not_found', /GET \/v1\/models/],
    ['alhpa/echo', 404, 'unknown_provider', /no provider "alhpa".*"alpha/],
    ['zzz/qqqqqqqqqqqq', 404, 'unknown_provider', /alpha, beta, gamma/],
    ['alpha/', 404, 'model_not_found', /no model/],
    ['anthropic/claude-opus-4-1', 400, 'provider_not_configured', /ANTHROPIC_API_KEY/],
    ['groq/llama', 400, 'provider_not_configured', /GROQ_API_KEY/],
    ['ollama/llama', 400, 'provider_not_configured', /port 11434/],
    ['bedrock/amazon.nova-pro-v1:0', 400, 'provider_not_configured', /AWS_BEARER_TOKEN_BEDROCK/],
    ['router/mine', 404, 'model_not_found', /no router "mine"/],
    [`lab/${'x'.repeat(9000)}`, 400, 'invalid_request', /at most 8192 characters/],
  ];

  test.each(cases)('%s', async (model, status, code, pattern) => {
    for (const caller of CALLERS) {
      for (const stream of [false, true]) {
        const found = await refused(caller, caller.body(model, { stream }));
        expect([found.status, found.code, found.param]).toEqual([status, code, 'model']);
        expect(found.message).toMatch(pattern);
        expect(metadataOf(found.body)?.attempts).toEqual([]);
      }
    }
  });
});

describe('keys', () => {
  const WITHOUT: readonly (readonly [string, { readonly [name: string]: string }])[] = [
    ['none', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['no scheme', { authorization: ADMIN_KEY.slice(0, 4) }],
  ];
  const WRONG_KEYS: readonly (readonly [string, { readonly [name: string]: string }])[] = [
    ['a wrong one', { authorization: 'Bearer sy-wrong' }],
    ['a wrong x-api-key', { 'x-api-key': 'sy-wrong' }],
    ['a wrong api-key', { 'api-key': 'sy-wrong' }],
    ['Basic nonsense', { authorization: 'Basic !!!' }],
    ['the key with something after it', { authorization: `Bearer ${ADMIN_KEY}x` }],
  ];

  test.each([...WITHOUT, ...WRONG_KEYS])('%s', async (_what, headers) => {
    for (const caller of CALLERS) {
      const body = JSON.stringify(caller.body('alpha/echo'));
      const response = await fetch(gateway.url + caller.path, { method: 'POST', headers, body });
      const { status, code, type, message } = await refusal(caller, response);
      expect([status, type]).toEqual([401, 'authentication_error']);
      expect(['missing_key', 'invalid_key']).toContain(String(code));
      expect(message).toContain('switchyard keys create');
      expect(message).not.toContain('sy-wrong');
    }
  });

  test('the same for lists, counts and the operator\u2019s routes', async () => {
    for (const path of ['/v1/models', '/v1/models/x', '/router/v1/logs', '/router/v1/keys']) {
      const response = await fetch(gateway.url + path);
      expect([path, response.status]).toEqual([path, 401]);
    }
    const count = await fetch(`${gateway.url}/v1/messages/count_tokens`, { method: 'POST' });
    expect(count.status).toBe(401);
  });

  test('the official SDKs raise their own error', async () => {
    const message = { role: 'user' as const, content: 'Hi' };
    const openai = gateway.openai('sy-wrong').chat.completions.create({
      model: 'alpha/echo',
      messages: [message],
    });
    expect(await failureOf(openai)).toBeInstanceOf(OpenAI.AuthenticationError);
    const anthropic = gateway.anthropic('sy-wrong').messages.create({
      model: 'alpha/echo',
      max_tokens: 5,
      messages: [message],
    });
    expect(await failureOf(anthropic)).toBeInstanceOf(Anthropic.AuthenticationError);
  });

  test('an inference key is no admin key, and an expired one is said to be that', async () => {
    const { secret } = await gateway.gateway.keys.create(
      {
        name: 'app',
        role: 'inference',
        allowedModels: ['beta/*'],
        expiresAt: null,
        metadata: null,
      },
      GATEWAY_ACTOR,
    );
    const authorization = { authorization: `Bearer ${secret}` };
    for (const [method, path] of [
      ['GET', '/router/v1/keys'],
      ['POST', '/router/v1/keys'],
      ['GET', '/router/v1/logs'],
      ['DELETE', '/router/v1/keys/x'],
    ] as const) {
      const response = await fetch(gateway.url + path, { method, headers: authorization });
      expect([path, response.status]).toEqual([path, 403]);
    }
    const other = await gateway.post(
      '/v1/chat/completions',
      openaiCaller.body('alpha/echo'),
      authorization,
    );
    const { status, code } = await refusal(openaiCaller, other);
    expect([status, code]).toEqual([403, 'model_not_allowed']);
    const old = await gateway.gateway.keys.create(
      {
        name: 'old',
        role: 'inference',
        allowedModels: null,
        expiresAt: Date.now() - 1000,
        metadata: null,
      },
      GATEWAY_ACTOR,
    );
    const late = await gateway.post('/v1/messages', anthropicCaller.body('alpha/echo'), {
      authorization: `Bearer ${old.secret}`,
    });
    expect((await refusal(anthropicCaller, late)).message).toContain('expired');
  });
});

describe('paths', () => {
  const PATHS: readonly (readonly [string, string, number, RegExp])[] = [
    ['POST', '/v1/chat/completion', 404, /Near: \/v1\/chat\/completions/],
    ['POST', '/v1/mesages', 404, /\/v1\/messages/],
    ['GET', '/v1/modles', 404, /\/v1\/models/],
    ['GET', '/nothing/like/this/at/all/anywhere', 404, /POST \/v1\/chat\/completions/],
    ['GET', '/v1/chat/completions', 405, /takes POST, not GET/],
    ['DELETE', '/v1/messages', 405, /takes POST, not DELETE/],
    ['POST', '/v1/models', 405, /takes GET, not POST/],
    ['PUT', '/router/v1/keys', 405, /GET or POST, not PUT/],
    ['GET', '/v1/%', 404, /There is no GET/],
    ['GET', '/v1/%00%ff', 404, /There is no GET/],
  ];

  test.each(PATHS)('%s %s', async (method, path, status, pattern) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const found = await refusal(path === '/v1/messages' ? anthropicCaller : openaiCaller, response);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(pattern);
  });
});

describe('headers', () => {
  const HEADERS: readonly (readonly [string, string])[] = [
    ['x-switchyard-metadata', 'not json'],
    ['x-switchyard-metadata', '[1]'],
    ['x-switchyard-metadata', '"text"'],
    ['x-switchyard-cache', 'sometimes'],
  ];

  test.each(HEADERS)('%s: %s', async (name, value) => {
    for (const caller of CALLERS) {
      const response = await gateway.post(caller.path, caller.body('alpha/echo'), {
        [name]: value,
      });
      const { status, param } = await refusal(caller, response);
      expect([status, param]).toEqual([400, name]);
    }
  });

  test('what stands in them is never a header of the provider\u2019s request', async () => {
    const response = await gateway.post('/v1/chat/completions', openaiCaller.body('alpha/echo'), {
      'x-switchyard-user': 'a%0d%0ax-injected: 1',
      'x-switchyard-metadata': '{"x": "a\\r\\nx-injected: 1"}',
    });
    expect(response.status).toBe(200);
    const [request] = wires.alpha.requests;
    expect(
      Object.keys(request?.headers ?? {}).filter((name) => /injected|switchyard/.test(name)),
    ).toEqual([]);
    wires.alpha.clear();
  });

  test.each([20_000, 200_000])(
    'one of %d characters ends its request and nothing else',
    async (length) => {
      const answer = await rawExchange(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-huge: ${'x'.repeat(length)}\r\ncontent-length: 0\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d)/);
    },
  );

  test.each([
    'GARBAGE\r\n\r\n',
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  ])('bytes that are no HTTP: %j', async (bytes) => {
    expect(await rawExchange(bytes)).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
  });
});

describe('names that mean something to JavaScript', () => {
  test('are data like any other', async () => {
    for (const caller of CALLERS) {
      const good = JSON.stringify(caller.body('alpha/echo')).slice(0, -1);
      const evil =
        '"__proto__":{"polluted":1,"stream":true},"constructor":{"prototype":{"polluted":1}},"toString":1';
      const metadata = '"metadata":{"__proto__":{"polluted":1},"constructor":"x","plan":"free"}';
      const response = await gateway.post(caller.path, `${good},${evil},${metadata}}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      const row = (await gateway.rows()).at(-1);
      expect(row?.metadata?.plan).toBe('free');
      wires.alpha.clear();
    }
  });
});

describe('the operator\u2019s routes', () => {
  test('say what is wrong with a query or a body', async () => {
    const get = async (path: string) =>
      refusal(
        openaiCaller,
        await fetch(gateway.url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }),
      );
    expect((await get('/router/v1/logs?limit=many')).status).toBe(400);
    expect((await get('/router/v1/logs?from=yesterday')).status).toBe(400);
    expect((await get('/router/v1/logs?cursor=nonsense')).status).toBe(400);
    expect((await get('/router/v1/logs/no-such-row')).status).toBe(404);
    const post = async (body: unknown) =>
      refusal(openaiCaller, await gateway.post('/router/v1/keys', body));
    expect(await post('{')).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await post({})).toMatchObject({ status: 400, param: 'name' });
    expect(await post({ name: 'x', role: 'king' })).toMatchObject({ status: 400, param: 'role' });
    expect(await post({ name: 'x', bugdet: 1 })).toMatchObject({ status: 400, param: 'bugdet' });
    expect(await post({ name: 'x', expires_at: 'soon' })).toMatchObject({ status: 400 });
  });
});

function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 65_536));
      at += 65_536;
    },
  });
}

function sendBody(
  path: string,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body,
  });
}

/** Sends bytes over a connection of their own; what came back until it was closed, or within half a second. */
function rawExchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(heard);
    };
    const timer = setTimeout(finish, 500);
    socket.on('data', (piece) => {
      heard += piece.toString('latin1');
      if (heard.includes('\r\n\r\n')) finish();
    });
    socket.on('close', finish);
    socket.on('error', () => undefined);
  });
}
