// Rows tell the truth where answers go wrong: who answered, what was used, what was asked, and no words of the request.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { asObject, parseJson } from '../../src/lib/json.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';
import { startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const PROMPT = 'The merger with Contoso is planned for Tuesday, please tell nobody.';
const USAGE = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
const NONE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

let gateway: GatewayUnderTest;
const provider = createServer(answer);

const choice = (content: string, finish: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
const words = [1, 2, 3, 4, 5, 6, 7].map((at) => choice(`word${at} `));

function framed(...chunks: readonly object[]): string {
  return chunks
    .map((chunk) => `data: ${JSON.stringify({ id: 'c', model: 'm', created: 1, ...chunk })}\n\n`)
    .map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
    .join('');
}

const STREAM =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

function json(status: string, body: object, length?: number): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length ?? Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function whole(content: string, more: object = {}): string {
  const message = { role: 'assistant', content };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return json('200 OK', { id: 'c', object: 'chat.completion', created: 1, choices, ...more });
}

/** What each model does; then the connection is closed. */
const ANSWERS: { readonly [model: string]: (write: (text: string) => void) => void } = {
  burst: (write) => write(STREAM + framed(...words)),
  'usage-then-cut': (write) => write(STREAM + framed(...words, { choices: [], usage: USAGE })),
  'json-cut': (write) => write(json('200 OK', { id: 'c', choices: [] }, 5000)),
  refuses: (write) => write(json('400 Bad Request', { error: { message: `No: "${PROMPT}"` } })),
  zeros: (write) => write(whole('word '.repeat(50), { usage: NONE })),
  moon: (write) => write(whole('Yes.', { usage: USAGE, service_tier: 'moon' })),
};

function answer(socket: Socket): void {
  let heard = '';
  let answered = false;
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    heard += bytes.toString();
    const [head = '', body] = heard.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (answered || body === undefined || Buffer.byteLength(body) < length) return;
    answered = true;
    const model = String(asObject(parseJson(body))?.model);
    if (model === 'begins') {
      socket.write(STREAM + framed(...words));
      return;
    }
    const act = ANSWERS[model] ?? ((write) => write(whole('Yes.', { usage: USAGE })));
    act((text) => socket.end(text));
  });
}

beforeAll(async () => {
  await new Promise<void>((ready) => provider.listen(0, '127.0.0.1', ready));
  const address = provider.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const price = (id: string) => `  - { id: own/${id}, price: { input: 1, output: 2 } }`;
  gateway = await startGateway(`
discovery: { local: false }
providers:
  own: { dialect: openai-chat, base_url: "http://127.0.0.1:${port}/v1", api_key: k }
models:
${[...Object.keys(ANSWERS), 'begins', 'good'].map(price).join('\n')}
`);
});
afterAll(async () => {
  await gateway.stop();
  provider.close();
});

const messages = [{ role: 'user', content: PROMPT }];

async function ask(model: string, more: object = {}) {
  const before = (await gateway.rows()).length;
  const reply = await gateway.post('/v1/chat/completions', { model, messages, ...more });
  const text = await reply.text().catch(() => '');
  const rows = (await gateway.rows()).slice(before);
  expect(rows.length).toBe(1);
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  return { reply, text, row };
}

test.each(['own/模型', 'own/a\nb', 'own/a\u0000b', 'own/100% \ud800'])(
  'any name has a header that holds it: %j',
  async (name) => {
    for (const stream of [false, true]) {
      const { reply, row } = await ask(name, { stream });
      expect(reply.status).toBe(200);
      const header = reply.headers.get('x-actual-model') ?? '';
      expect(header).toMatch(/^[\x21-\x7e]+$/);
      expect(decodeURIComponent(header)).toBe(name.toWellFormed());
      expect(row).toMatchObject({ status: 200, outcome: 'ok' });
    }
  },
);

test.each(['burst', 'usage-then-cut', 'json-cut'])(
  'a cut attempt counts what it told, or an estimate: %s',
  async (model) => {
    // Whether its last words are read before its end is chance.
    for (let turn = 0; turn < 6; turn++) {
      const stream = model !== 'json-cut';
      const { row } = await ask(`own/${model}`, { models: ['own/good'], stream });
      const [cut] = row.attempts;
      expect(cut).toMatchObject({ model: `own/${model}`, success: false });
      expect(cut?.usage.input).toBeGreaterThan(9);
      expect(cut?.cost_usd).toBeGreaterThan(0.000009);
      expect(row).toMatchObject({ usage_estimated: true });
      expect(row.cost_usd).toBeGreaterThan(cut?.cost_usd ?? 1);
    }
  },
);

test('who delivered a part of an answer answered, however it ended', async () => {
  const { row } = await ask('own/begins', { stream: true, fallback: { total_timeout: '300ms' } });
  expect(row).toMatchObject({ outcome: 'error', model: 'own/begins', provider: 'own' });

  const before = (await gateway.rows()).length;
  const abort = new AbortController();
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sy-admin-key-of-the-test' },
    body: JSON.stringify({ model: 'own/begins', messages, stream: true }),
    signal: abort.signal,
  });
  await reply.body?.getReader().read();
  abort.abort();
  await until(async () => (await gateway.rows()).length > before);
  expect((await gateway.rows()).at(-1)).toMatchObject({
    outcome: 'aborted',
    model: 'own/begins',
    provider: 'own',
  });
});

test('a provider that quotes the request is told to the caller, not to the log', async () => {
  const { text, row } = await ask('own/refuses');
  expect(text).toContain(PROMPT);
  expect(JSON.stringify(row)).not.toContain(PROMPT.slice(0, 24));
  expect(row.error?.message).toBe('No: "[text of the request]"');
  expect(row.attempts[0]?.message).toBe('No: "[text of the request]"');
});

test('what a provider does not tell is not nothing: zeros beside an answer, a tier nobody lists', async () => {
  const zeros = (await ask('own/zeros')).row;
  expect(zeros.usage_estimated).toBe(true);
  expect(zeros.usage.output).toBeGreaterThan(20);
  expect(zeros.cost_usd).toBeGreaterThan(0);
  expect((await ask('own/moon')).row).toMatchObject({ cost_usd: null, unpriced: true });
});

test.each([
  ['/v1/chat/completions', { messages, temperature: 'hot' }],
  ['/v1/embeddings', { input: 'x', encoding_format: 7 }],
])('a refused request says who asked for what: %s', async (path, wrong) => {
  const before = (await gateway.rows()).length;
  const asked = { model: 'own/good', user: 'ann', metadata: { plan: 'gold' } };
  expect((await gateway.post(path, { ...asked, ...wrong })).status).toBe(400);
  expect((await gateway.rows()).slice(before)).toMatchObject([
    { status: 400, requested_model: 'own/good', user: 'ann', metadata: { plan: 'gold' } },
  ]);
});

test('a quotation of the request as JSON is not told to the log either, however short its lines', async () => {
  const upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) =>
      Response.json({ error: { message: `Bad body: ${await request.text()}` } }, { status: 400 }),
  });
  const quoting = await startGateway(`
providers:
  lab: { dialect: openai-chat, base_url: "http://127.0.0.1:${upstream.port}/v1", api_key: k }
models:
  - { id: lab/echo, context: 1000, price: { input: 1, output: 2 } }
`);
  try {
    const content = 'Patient: Ann Smith\nPIN 4711\nDiag: HIV pos.\nPasswd: hunter2';
    const reply = await quoting.post('/v1/chat/completions', {
      model: 'lab/echo',
      messages: [{ role: 'user', content }],
    });
    expect(await reply.text()).toContain('4711');
    await until(async () => (await quoting.rows()).length > 0);
    const told = JSON.stringify((await quoting.rows()).at(-1));
    expect(told).toContain('Bad body: ');
    for (const word of ['Ann', 'Smith', '4711', 'HIV', 'hunter2']) expect(told).not.toContain(word);
  } finally {
    await quoting.stop();
    await upstream.stop(true);
  }
});
