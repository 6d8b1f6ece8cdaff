// Gemini and Claude in a Google Cloud project: tokens from a service account over real HTTP, and both makers' wires behind them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TOKEN = 'ya29.a-token-of-the-test';
const CLAUDE = 'claude-sonnet-4-5@20250929';

let folder: string;
let sim: Sim;
let tokens: Server<undefined>;
let fetched = 0;
let refuse = false;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 9, requireKey: TOKEN });
  tokens = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      fetched += 1;
      const form = new URLSearchParams(await request.text());
      const [header = '', claim = '', signature = ''] = (form.get('assertion') ?? '').split('.');
      const signed = Buffer.from(`${header}.${claim}`);
      const holds = verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'));
      if (refuse || !holds)
        return Response.json({ error: 'invalid_grant', error_description: 'No.' }, { status: 400 });
      return Response.json({ access_token: TOKEN, expires_in: 3600 });
    },
  });
  folder = mkdtempSync(join(tmpdir(), 'switchyard-vertex-'));
  writeFileSync(
    join(folder, 'account.json'),
    JSON.stringify({
      type: 'service_account',
      project_id: 'p',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'it@p.iam.gserviceaccount.com',
      token_uri: `http://127.0.0.1:${tokens.port}/token`,
    }),
  );
  gateway = await startGateway(configuration());
});
beforeEach(() => {
  sim.clear();
  fetched = 0;
  refuse = false;
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await tokens.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

function configuration(): string {
  const root = sim.url.replace('/v1', '');
  const of = (publisher: string) =>
    `{ base_url: "${root}/v1beta1/projects/p/locations/global/publishers/${publisher}", credentials_file: "${join(folder, 'account.json')}" }`;
  return `
providers:
  google-vertex: ${of('google')}
  vertex-anthropic: ${of('anthropic')}
`;
}

const HELLO = [{ role: 'user' as const, content: 'Hello' }];

function sentBody(): JsonObject {
  return JSON.parse(sim.requests.at(-1)?.body ?? '{}') as JsonObject;
}

describe('Gemini', () => {
  test('is asked with a token that is fetched once for many callers', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        gateway.openai().chat.completions.create({ model: 'vertex/echo', messages: HELLO }),
      ),
    );
    for (const reply of replies) expect(reply.choices[0]?.message.content).toContain('Hello');
    expect(fetched).toBe(1);
    expect(sim.requests[0]?.path).toBe(
      '/v1beta1/projects/p/locations/global/publishers/google/models/echo:generateContent',
    );
    expect(sim.requests[0]?.headers['x-goog-api-key']).toBeUndefined();
  });
});

describe('Claude', () => {
  test('has its model in the path and its version in the body, for callers of its own wire', async () => {
    const asked = { model: `vertex-anthropic/${CLAUDE}`, max_tokens: 200, messages: HELLO };
    const whole = await gateway.anthropic().messages.create(asked);
    expect(whole.content[0]).toMatchObject({ type: 'text' });
    expect(sim.requests.at(-1)?.path).toBe(
      '/v1beta1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict',
    );
    expect(sentBody()).toEqual({
      max_tokens: 200,
      messages: HELLO,
      anthropic_version: 'vertex-2023-10-16',
    });
    const streamed = await gateway.anthropic().messages.stream(asked).finalMessage();
    expect<unknown>(streamed.content).toEqual(whole.content);
    expect(sim.requests.at(-1)?.path).toEndWith(':streamRawPredict');
    expect(sentBody()).toMatchObject({ stream: true, anthropic_version: 'vertex-2023-10-16' });
    expect(sentBody().model).toBeUndefined();
  });

  test('calls tools for callers of chat completions, and goes on from their results', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'now', parameters: {} } }];
    const model = `vertex-anthropic/${CLAUDE}+tools=1`;
    const asked = await gateway.openai().chat.completions.create({ model, messages: HELLO, tools });
    const message = asked.choices[0]?.message;
    expect(message?.tool_calls).toHaveLength(1);
    const answered = await gateway.openai().chat.completions.create({
      model,
      tools,
      messages: [
        ...HELLO,
        message ?? { role: 'assistant', content: '' },
        { role: 'tool', tool_call_id: message?.tool_calls?.[0]?.id ?? '', content: 'noon' },
      ],
    });
    expect(answered.choices[0]?.message.content).toContain('now returned: noon');
    expect(asArray(sentBody().messages)).toHaveLength(3);
  });
});

test('credentials that are refused are the operator’s to mend, and the message says how', async () => {
  refuse = true;
  const other = await startGateway(configuration());
  try {
    const failure = asObject(
      await failureOf(
        other.openai().chat.completions.create({ model: 'vertex/echo', messages: HELLO }),
      ),
    );
    expect(failure).toMatchObject({ status: 502, code: 'upstream_auth' });
    expect(String(failure?.message)).toContain('invalid_grant');
    expect(String(failure?.message)).toContain('GOOGLE_APPLICATION_CREDENTIALS');
    expect(sim.requests).toHaveLength(0);
  } finally {
    await other.stop();
  }
});
