// Secrets and prompts stay where they belong: planted words are looked for in every reply, log line and file.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from 'bun';
import { GATEWAY_ACTOR } from '../../src/core/actor.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { CALLERS, hear } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

/** One key looks like a key; the other like nothing in particular. */
const KEYS = ['sk-proj-canaryAAAA1111bbbb2222cccc3333', 'plain.canary.word'];
const PROMPT = 'canary prompt: the merger is planned for Tuesday';
const SYSTEM = 'canary system: never tell';
const HOST = 'canary-host.internal.example';

const wires = startTwoWires();
let babbler: Server<undefined>;
let gateway: GatewayUnderTest;
let virtualKey: string;

/** A provider that quotes whatever it was sent, and where it runs, in every way there is to fail. */
async function babble(request: Request): Promise<Response> {
  const { stream } = (await request.json()) as { readonly stream?: boolean };
  const key = request.headers.get('authorization') ?? request.headers.get('x-api-key') ?? '';
  const url = new URL(request.url);
  const said = `Key ${key.replace('Bearer ', '')} was refused by https://${HOST}:8443/v1 (${url.host}, 10.20.30.40, ops@${HOST}); authorization: ${key}`;
  const error = { type: 'error', error: { message: said, type: 'server_error', code: null } };
  const how = url.pathname.split('/')[1] ?? '';
  if (how === 'text') return new Response(said, { status: 500 });
  if (how === 'html') return new Response(`<html>${said}</html>`, { status: 502 });
  if (how === 'inside' || (!stream && (how === 'stream' || how === 'later')))
    return Response.json(error);
  if (how === 'stream' || how === 'later') {
    const first =
      how === 'stream'
        ? ''
        : 'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"ok"}}]}\n\n';
    const headers = { 'content-type': 'text/event-stream' };
    return new Response(`${first}event: error\ndata: ${JSON.stringify(error)}\n\n`, { headers });
  }
  const status = Number(how) || 500;
  const headers = { 'x-request-id': 'req-1', 'x-upstream-host': HOST, 'set-cookie': `k=${key}` };
  return Response.json(error, { status, headers });
}

const WAYS = [
  '400',
  '401',
  '403',
  '422',
  '429',
  '500',
  'text',
  'html',
  'inside',
  'stream',
  'later',
];

beforeAll(async () => {
  babbler = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: babble });
  const providers = KEYS.flatMap((key, index) =>
    WAYS.flatMap((how) => [
      `  o${index}-${how}: { dialect: openai-chat, base_url: "http://127.0.0.1:${babbler.port}/${how}/v1", api_key: "${key}" }`,
      `  a${index}-${how}: { dialect: anthropic-messages, base_url: "http://127.0.0.1:${babbler.port}/${how}/v1", api_key: "${key}" }`,
    ]),
  );
  const extra = `
${providers.join('\n')}
  deaf: { base_url: "${wires.alpha.refusingUrl()}", api_key: "${KEYS[0]}" }
`;
  gateway = await startGateway(
    `${wires.yaml.replace('\nmodels:', `${extra}\nmodels:`)}\nretries: 0\n`,
  );
  const created = await gateway.gateway.keys.create(
    {
      name: 'app',
      role: 'inference',
      allowedModels: null,
      expiresAt: null,
      metadata: null,
    },
    GATEWAY_ACTOR,
  );
  virtualKey = created.secret;
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
  await babbler.stop(true);
});

/** Everything that must be nowhere. */
function planted(): readonly string[] {
  const address = `127.0.0.1:${babbler.port}`;
  return [...KEYS, ADMIN_KEY, virtualKey, PROMPT, SYSTEM, HOST, address, '10.20.30.40', 'canary'];
}

function expectClean(where: string, text: string): void {
  const found = planted().filter((word) => text.includes(word));
  expect([where, found]).toEqual([where, []]);
}

const BODY: JsonObject = {
  messages: [{ role: 'user', content: PROMPT }],
  system: SYSTEM,
  tools: [],
};

describe('a provider that babbles', () => {
  test('is kept to what concerns the caller', async () => {
    for (const caller of CALLERS) {
      for (const stream of [false, true]) {
        for (const [index] of KEYS.entries()) {
          for (const provider of ['o', 'a']) {
            for (const how of WAYS) {
              const model = `${provider}${index}-${how}/x`;
              const body = caller.body(model, { ...BODY, stream });
              const headers = { authorization: `Bearer ${virtualKey}` };
              const heard = await hear(caller, await gateway.post(caller.path, body, headers));
              expectClean(`${caller.name} ${model}`, heard.raw + headerText(heard.headers));
              expect(heard.headers.get('set-cookie')).toBeNull();
              expect(heard.error).not.toBeNull();
              // Its message is kept but for that; a page of HTML is none.
              if (how !== 'html') expect(heard.error?.message).toContain('was refused by');
            }
          }
        }
      }
    }
  }, 30_000);

  test('the same when tokens are counted', async () => {
    for (const how of ['400', '401', '500']) {
      const body = { model: `a1-${how}/x`, messages: [{ role: 'user', content: PROMPT }] };
      const response = await gateway.post('/v1/messages/count_tokens', body);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expectClean(how, await response.text());
    }
  });
});

describe('our own errors', () => {
  const bodies: readonly (readonly [string, string])[] = [
    ['broken JSON', `{"messages": [{"role": "user", "content": "${PROMPT}"`],
    ['no model', JSON.stringify(BODY)],
    ['unknown model', JSON.stringify({ ...BODY, model: 'nope' })],
    [
      'wrong role',
      JSON.stringify({ model: 'alpha/x', messages: [{ role: PROMPT, content: PROMPT }] }),
    ],
    [
      'wrong content',
      JSON.stringify({ model: 'alpha/x', messages: [{ role: 'user', content: { PROMPT } }] }),
    ],
    [
      'wrong option',
      JSON.stringify({ ...BODY, model: 'alpha/x', fallback: { ttft_timeout: PROMPT } }),
    ],
    ['nobody there', JSON.stringify({ ...BODY, model: 'deaf/x', max_tokens: 5 })],
  ];

  test.each(bodies)('%s', async (what, text) => {
    for (const caller of CALLERS) {
      const response = await gateway.post(caller.path, text, {
        authorization: `Bearer ${virtualKey}`,
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expectClean(what, (await response.text()) + headerText(response.headers));
    }
  });

  test('a wrong key is not repeated', async () => {
    const wrong = `${virtualKey}x`;
    for (const caller of CALLERS) {
      const response = await gateway.post(caller.path, BODY, { authorization: `Bearer ${wrong}` });
      expect(await response.text()).not.toContain(wrong);
    }
  });
});

test('good answers leave no prompt and no key behind either', async () => {
  for (const caller of CALLERS) {
    for (const model of [
      'alpha/echo+say=fine',
      'beta/echo+say=fine',
      'alpha/echo+say=fine+cut=1',
    ]) {
      for (const stream of [false, true]) {
        await (await gateway.post(caller.path, caller.body(model, { ...BODY, stream }))).text();
      }
    }
  }
});

test('of the headers of a good answer only those that concern the caller go on', async () => {
  const chatty =
    'alpha/echo+headers=set-cookie:a=1+headers=server:nginx+headers=x-upstream-host:h+ratelimit=5';
  for (const caller of CALLERS) {
    for (const stream of [false, true]) {
      const body = caller.body(chatty, { stream });
      const { headers } = await gateway.post(caller.path, body);
      for (const name of ['set-cookie', 'server', 'x-upstream-host', 'openai-version'])
        expect([name, headers.get(name)]).toEqual([name, null]);
      expect(headers.get('x-ratelimit-remaining-requests')).toBe('5');
      expect(headers.get('x-request-id')).toStartWith('req_');
    }
  }
});

/** Last: after all of the above. */
describe('afterwards', () => {
  test('no log line, no row and no file holds any of it', async () => {
    expectClean('log', gateway.logged.join('\n'));
    const rows = await gateway.rows();
    expect(rows.length).toBeGreaterThan(150);
    expectClean('rows', JSON.stringify(rows));
    const entries = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const { name, parentPath } of files)
      expectClean(name, readFileSync(join(parentPath, name), 'latin1'));
  });

  test('the list of keys shows how a key begins, and no more', async () => {
    const response = await fetch(`${gateway.url}/router/v1/keys`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const text = await response.text();
    expect(text).toContain(virtualKey.slice(0, 6));
    expectClean('keys', text);
  });
});

function headerText(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}`).join('\n');
}
