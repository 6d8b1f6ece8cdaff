// Stored responses: going on from one by its id whatever wire the model is on, reading and deleting it; for one key only,
// as long as it is kept. The official SDK asks; every request a provider got is looked at.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { GATEWAY_ACTOR } from '../../src/core/actor.ts';
import { asArray, asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

type Params = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'weather',
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
/** Everywhere but at a provider that keeps the conversation itself. */
const MODELS = ['chat/echo', 'claude/echo', 'resp/echo'];

let sim: Sim;
let keeper: Keeper;
let gateway: GatewayUnderTest;
let dataDir: string;
let now: number;
let client: OpenAI;

const start = async () => {
  gateway = await startGateway(
    `
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
  claude: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k }
  resp: { dialect: openai-responses, base_url: "${sim.url}", api_key: k }
  keeper: { dialect: openai-responses, base_url: "${keeper.url}", api_key: k }
  azure: { base_url: "${keeper.url}", api_version: preview, api_key: k }
  pool: { dialect: openai-responses, base_url: "${keeper.url}", api_keys: [k1, k2] }
`,
    {},
    { dataDir, now: () => now },
  );
  client = gateway.openai();
};

beforeAll(() => {
  sim = startSim({ seed: 1 });
  keeper = startKeeper();
});
afterAll(async () => {
  await sim.stop();
  keeper.stop();
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  now = Date.now();
  sim.clear();
  keeper.clear();
  await start();
});
afterEach(async () => {
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface KeeperRequest {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly body: JsonObject;
}
interface Keeper {
  readonly url: string;
  readonly requests: readonly KeeperRequest[];
  /** It has the responses no longer. */
  forget(): void;
  clear(): void;
  stop(): void;
}

/** A provider that stores responses, as OpenAI does: it goes on from those it made and knows no others. */
function startKeeper(): Keeper {
  const requests: KeeperRequest[] = [];
  const known = new Set<string>();
  const refusal = (status: number, message: string, code: string | null, param: string | null) =>
    Response.json({ error: { message, type: 'invalid_request_error', param, code } }, { status });
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = asObject(parseJson(await request.text())) ?? {};
      requests.push({ method: request.method, path: pathname, search, body });
      const id = pathname.split('/').at(-1) ?? '';
      if (request.method === 'DELETE')
        return known.delete(id)
          ? Response.json({ id, object: 'response', deleted: true })
          : refusal(404, `Response with id '${id}' not found.`, null, null);
      const previous = body.previous_response_id;
      if (typeof previous === 'string' && !known.has(previous))
        return refusal(
          400,
          `Previous response with id '${previous}' not found.`,
          'previous_response_not_found',
          'previous_response_id',
        );
      const made = `resp_made${requests.length}`;
      known.add(made);
      const text = { type: 'output_text', text: 'Kept.', annotations: [], logprobs: [] };
      const message = {
        type: 'message',
        id: `msg_made${requests.length}`,
        role: 'assistant',
        status: 'completed',
        content: [text],
      };
      return Response.json({
        id: made,
        object: 'response',
        created_at: 1,
        status: 'completed',
        model: 'm',
        output: [{ type: 'reasoning', id: 'rs_made', summary: [] }, message],
        store: body.store ?? true,
        previous_response_id: previous ?? null,
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    requests,
    forget: () => known.clear(),
    clear() {
      requests.length = 0;
      known.clear();
    },
    stop: () => void server.stop(true),
  };
}

async function ask(params: Params, stream = false): Promise<OpenAI.Responses.Response> {
  if (!stream) return client.responses.create(params);
  return client.responses.stream({ ...params, stream: true }).finalResponse();
}

/** What a failed call was told. */
async function refusal(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    const { status, code, param } = error;
    return { status, code, param, message: asObject(error.error)?.message };
  }
  throw new Error('it was answered');
}

function latest(): JsonObject {
  return asObject(parseJson(sim.requests.at(-1)?.body ?? '')) ?? {};
}

/** The texts of a provider's request, with who said them, whatever its wire. */
function said(body: JsonObject): readonly string[] {
  const turns = asObjects(body.messages ?? body.input);
  return turns.map((turn) => {
    const { content } = turn;
    const texts =
      typeof content === 'string'
        ? [content]
        : asObjects(content).flatMap((part) => (typeof part.text === 'string' ? [part.text] : []));
    return `${String(turn.role)}: ${texts.join('')}`;
  });
}

async function newClient(name: string): Promise<OpenAI> {
  const { secret } = await gateway.gateway.keys.create({ name, role: 'inference' }, GATEWAY_ACTOR);
  return gateway.openai(secret);
}

describe('a conversation that goes on by id', () => {
  for (const model of MODELS) {
    for (const stream of [false, true]) {
      test(`is whole at ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const first = await ask(
          { model, input: 'My name is Ann.', instructions: 'Be kind.' },
          stream,
        );
        const second = await ask(
          {
            model,
            previous_response_id: first.id,
            input: [{ role: 'user', content: 'And I am 7.' }],
          },
          stream,
        );
        expect(second.previous_response_id).toBe(first.id);
        const third = await ask(
          { model, previous_response_id: second.id, input: 'Who am I?', instructions: 'Be brief.' },
          stream,
        );
        expect(third.status).toBe('completed');
        const turns = said(latest()).filter((turn) => !turn.startsWith('system'));
        expect(turns).toEqual([
          'user: My name is Ann.',
          `assistant: ${first.output_text}`,
          'user: And I am 7.',
          `assistant: ${second.output_text}`,
          'user: Who am I?',
        ]);
        // Instructions of earlier requests do not carry over; a name no provider knows never reaches one.
        const text = JSON.stringify(latest());
        expect([text.includes('Be brief.'), text.includes('Be kind.')]).toEqual([true, false]);
        expect(latest().previous_response_id).toBeUndefined();
      });
    }

    test(`carries a tool loop at ${model}`, async () => {
      const reasoning = { effort: 'medium' as const };
      const common = { tools: [WEATHER], reasoning, max_output_tokens: 4000 };
      const first = await ask({ ...common, model: `${model}+tools=2`, input: 'Is it raining?' });
      const calls = first.output.filter((item) => item.type === 'function_call');
      expect(calls).toHaveLength(2);
      const input = calls.map(({ call_id }) => ({
        type: 'function_call_output' as const,
        call_id,
        output: 'Yes.',
      }));
      const second = await ask({ ...common, model, previous_response_id: first.id, input });
      expect(second.output_text).toContain('weather returned: Yes.');
      const third = await ask({
        ...common,
        model,
        previous_response_id: second.id,
        input: 'Thanks.',
      });
      expect(third.output_text).toContain('You said: Thanks.');
    });
  }

  test('may change its model, and its wire, at every turn', async () => {
    let previous: string | null = null;
    const answers: string[] = [];
    for (const model of ['chat/echo', 'keeper/m', 'claude/echo', 'resp/echo', 'chat/echo']) {
      const reply: OpenAI.Responses.Response = await ask({
        model,
        input: `At ${model}`,
        previous_response_id: previous,
      });
      previous = reply.id;
      answers.push(reply.output_text);
    }
    expect(said(latest())).toEqual([
      'user: At chat/echo',
      `assistant: ${answers[0]}`,
      'user: At keeper/m',
      'assistant: Kept.',
      'user: At claude/echo',
      `assistant: ${answers[2]}`,
      'user: At resp/echo',
      `assistant: ${answers[3]}`,
      'user: At chat/echo',
    ]);
    // The provider that stores was given what went before, without ids it does not know.
    const [kept] = keeper.requests;
    expect(kept?.body.previous_response_id).toBeUndefined();
    expect(asObjects(kept?.body.input).map(({ id }) => id)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('at the provider that stored it goes by its id, untouched', async () => {
    const first = await ask({ model: 'keeper/m', input: 'One.' });
    const second = await ask({ model: 'keeper/m', input: 'Two.', previous_response_id: first.id });
    expect(second.id).toBe('resp_made2');
    expect(keeper.requests.map(({ body }) => body)).toEqual([
      { model: 'm', input: 'One.' },
      { model: 'm', input: 'Two.', previous_response_id: 'resp_made1' },
    ]);
  });

  test('goes on whole where that provider has it no longer, or another of its keys is asked', async () => {
    const first = await ask({ model: 'keeper/m', input: 'One.' });
    keeper.forget();
    await ask({ model: 'keeper/m', input: 'Two.', previous_response_id: first.id });
    expect(keeper.requests).toHaveLength(3);
    // Its bare reasoning item means nothing outside its store.
    expect(said(keeper.requests.at(-1)?.body ?? {})).toEqual([
      'user: One.',
      'assistant: Kept.',
      'user: Two.',
    ]);
    keeper.clear();
    const pooled = await ask({ model: 'pool/m', input: 'One.', user: 'a' });
    for (const user of 'bcdefghijklm')
      await ask({ model: 'pool/m', input: 'Two.', previous_response_id: pooled.id, user });
    const named = keeper.requests
      .slice(1)
      .map(({ body }) => body.previous_response_id !== undefined);
    expect(new Set(named)).toEqual(new Set([true, false]));
  });

  test('store: false keeps nothing', async () => {
    const first = await ask({ model: 'chat/echo', input: 'Secret.', store: false });
    expect(await refusal(client.responses.retrieve(first.id))).toMatchObject({ status: 404 });
    const going = ask({ model: 'chat/echo', input: 'More.', previous_response_id: first.id });
    expect(await refusal(going)).toMatchObject({ status: 400 });
    await gateway.gateway.kept.flush(2000);
    expect(gateway.gateway.kept.peek('admin', 'response', first.id)).toBeNull();
  });

  test('an id nobody knows is refused in the words its clients know, before any provider is asked', async () => {
    for (const stream of [false, true]) {
      const going = ask(
        { model: 'chat/echo', input: 'x', previous_response_id: 'resp_none' },
        stream,
      );
      expect(await refusal(going)).toEqual({
        status: 400,
        code: 'previous_response_not_found',
        param: 'previous_response_id',
        message: "Previous response with id 'resp_none' not found.",
      });
    }
    expect(sim.requests).toHaveLength(0);
    // A provider of this wire may have it from before.
    const there = ask({ model: 'keeper/m', input: 'x', previous_response_id: 'resp_none' });
    expect(await refusal(there)).toMatchObject({ code: 'previous_response_not_found' });
    expect(keeper.requests.map(({ body }) => body.previous_response_id)).toEqual(['resp_none']);
  });

  test('a chain with a gap, or with what only a provider has, is refused', async () => {
    const first = await ask({ model: 'chat/echo', input: 'One.' });
    const second = await ask({ model: 'chat/echo', input: 'Two.', previous_response_id: first.id });
    await client.responses.delete(first.id);
    const going = ask({ model: 'chat/echo', input: 'Three.', previous_response_id: second.id });
    expect(await refusal(going)).toMatchObject({
      code: 'previous_response_not_found',
      message: `Previous response with id '${first.id}' not found.`,
    });
    const held = await ask({ model: 'keeper/m', input: 'x', conversation: 'conv_1' });
    const leaving = ask({ model: 'chat/echo', input: 'y', previous_response_id: held.id });
    expect(await refusal(leaving)).toMatchObject({ status: 400, code: 'unsupported_feature' });
  });

  test('one too large for a request is refused with the remedy', async () => {
    const text = 'x'.repeat(6 * 1024 * 1024);
    let previous: string | null = null;
    for (let turn = 0; turn < 2; turn++) {
      const reply: OpenAI.Responses.Response = await ask({
        model: 'chat/fast',
        input: text,
        previous_response_id: previous,
      });
      previous = reply.id;
    }
    const going = ask({ model: 'chat/fast', input: text, previous_response_id: previous });
    const told = await refusal(going);
    expect(told).toMatchObject({ status: 413, code: 'request_too_large' });
    expect(told.message).toContain('server.max_body');
  });
});

describe('a stored response', () => {
  test('is read as its caller got it, with what it was asked', async () => {
    for (const stream of [false, true]) {
      for (const model of [...MODELS, 'keeper/m']) {
        if (stream && model === 'keeper/m') continue;
        const first = await ask({ model, input: 'Hello.' }, stream);
        const { gateway_metadata: _, output_text: _t, parsed: _p, ...got } = asObject(first) ?? {};
        const retrieved = asObject(await client.responses.retrieve(first.id)) ?? {};
        const { output_text: text, ...read } = retrieved;
        expect(read.gateway_metadata).toBeUndefined();
        if (!stream) expect(read).toEqual(got);
        expect([read.id, text]).toEqual([first.id, first.output_text]);
        const items = await client.responses.inputItems.list(first.id);
        expect(items.data).toHaveLength(1);
        const [item] = items.data;
        expect(item).toMatchObject({
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: 'Hello.' }],
        });
        expect(asObject(item)?.id).toBeString();
      }
    }
  });

  test('lists its input in pages, the latest first unless asked otherwise', async () => {
    const input = [1, 2, 3].map((n) => ({ role: 'user' as const, content: `${n}` }));
    const { id } = await ask({ model: 'chat/echo', input });
    const texts = (items: readonly unknown[]) =>
      items.map((item) => asObject(asArray(asObject(item)?.content)[0])?.text);
    const page = await client.responses.inputItems.list(id, { limit: 2 });
    expect([texts(page.data), page.has_more]).toEqual([['3', '2'], true]);
    const all: unknown[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: 'asc' }))
      all.push(item);
    expect(texts(all)).toEqual(['1', '2', '3']);
    for (const query of [{ limit: 0 }, { limit: 101 }, { after: 'msg_none' }]) {
      const refused = async () => client.responses.inputItems.list(id, query);
      expect(await refusal(refused())).toMatchObject({ status: 400 });
    }
  });

  test('is deleted for good', async () => {
    const { id } = await ask({ model: 'chat/echo', input: 'Hello.' });
    const url = `${gateway.url}/v1/responses/${id}`;
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const deleted = await fetch(url, { method: 'DELETE', headers });
    expect([deleted.status, await deleted.json()]).toEqual([
      200,
      { id, object: 'response', deleted: true },
    ]);
    expect(await refusal(client.responses.retrieve(id))).toEqual({
      status: 404,
      code: 'not_found',
      param: null,
      message: `Response with id '${id}' not found.`,
    });
    expect(await refusal(client.responses.delete(id))).toMatchObject({ status: 404 });
    await gateway.stop();
    await start();
    expect(await refusal(client.responses.retrieve(id))).toMatchObject({ status: 404 });
  });

  test('is deleted at the provider that stored it too', async () => {
    const { id } = await ask({ model: 'keeper/m', input: 'Hello.' });
    await client.responses.delete(id);
    expect(keeper.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/v1/responses/${id}`,
    });
    expect(await refusal(client.responses.retrieve(id))).toMatchObject({ status: 404 });
  });

  test('is deleted there also where the host has paths of its own', async () => {
    const { id } = await ask({ model: 'azure/m', input: 'Hello.' });
    await client.responses.delete(id);
    const [made, gone] = keeper.requests;
    const search = '?api-version=preview';
    expect(made).toMatchObject({ method: 'POST', search });
    expect(gone).toMatchObject({ method: 'DELETE', path: `${made?.path}/${id}`, search });
  });

  test('is nobody else’s: another key finds nothing, an admin’s neither', async () => {
    const [mine, other] = [await newClient('mine'), await newClient('other')];
    const first = await mine.responses.create({ model: 'chat/echo', input: 'Hello.' });
    for (const stranger of [other, client]) {
      const { responses } = stranger;
      for (const asked of [
        async () => responses.retrieve(first.id),
        async () => responses.delete(first.id),
        async () => responses.inputItems.list(first.id),
      ])
        expect(await refusal(asked())).toMatchObject({ status: 404, code: 'not_found' });
      const going = stranger.responses.create({
        model: 'chat/echo',
        input: 'x',
        previous_response_id: first.id,
      });
      expect(await refusal(going)).toMatchObject({ code: 'previous_response_not_found' });
    }
    expect((await mine.responses.retrieve(first.id)).id).toBe(first.id);
    // Nor through the provider that has it, which knows only the operator's key.
    const kept = await mine.responses.create({ model: 'keeper/m', input: 'Hello.' });
    const through = other.responses.create({
      model: 'keeper/m',
      input: 'x',
      previous_response_id: kept.id,
    });
    expect(await refusal(through)).toMatchObject({ code: 'previous_response_not_found' });
    expect(keeper.requests).toHaveLength(1);
  });

  test('without a key nothing is told', async () => {
    const { id } = await ask({ model: 'chat/echo', input: 'Hello.' });
    const stranger = gateway.openai('sy-unknown');
    expect(await refusal(stranger.responses.retrieve(id))).toMatchObject({ status: 401 });
  });

  test('outlives a restart, and its time', async () => {
    const first = await ask({ model: 'chat/echo', input: 'Hello.' });
    await gateway.stop();
    await start();
    expect((await client.responses.retrieve(first.id)).output_text).toBe(first.output_text);
    const second = await ask({
      model: 'claude/echo',
      input: 'More.',
      previous_response_id: first.id,
    });
    expect(said(latest())).toHaveLength(3);
    now += 30 * 24 * 3_600_000;
    for (const id of [first.id, second.id])
      expect(await refusal(client.responses.retrieve(id))).toMatchObject({ status: 404 });
  });

  test('is held in memory alone where the disk is broken, and no request fails for it', async () => {
    await gateway.stop();
    writeFileSync(join(dataDir, 'state.db'), 'This is no database. '.repeat(500));
    await start();
    const first = await ask({ model: 'chat/echo', input: 'One.' });
    const second = await ask({
      model: 'claude/echo',
      input: 'Two.',
      previous_response_id: first.id,
    });
    expect(said(latest())).toHaveLength(3);
    expect((await client.responses.retrieve(second.id)).id).toBe(second.id);
    await client.responses.delete(second.id);
    expect(await refusal(client.responses.retrieve(second.id))).toMatchObject({ status: 404 });
    // What memory does not know cannot be said to be nowhere.
    expect(await refusal(client.responses.retrieve('resp_none'))).toMatchObject({
      status: 503,
      code: 'storage_unavailable',
    });
    expect(gateway.logged).toHaveLength(1);
    expect(gateway.logged[0]).toContain('Conversation state is held in memory only, for now.');
  });

  test('is neither streamed again nor cancelled', async () => {
    const { id } = await ask({ model: 'chat/echo', input: 'Hello.' });
    expect(await refusal(client.responses.retrieve(id, { stream: true }))).toMatchObject({
      status: 400,
      code: 'unsupported_feature',
      param: 'stream',
    });
    const told = await refusal(client.responses.cancel(id));
    expect(told).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(told.message).toContain('background');
    expect(await refusal(client.responses.cancel('resp_none'))).toMatchObject({ status: 404 });
  });
});
