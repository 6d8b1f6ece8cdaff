// The same request again: answered from the cache, in every dialect, streamed or not, as if it had been asked.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\ncache: { mode: exact }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

describe('the same request again', () => {
  test('is answered from the cache: the same answer, with an id of its own, and nobody is asked', async () => {
    const ask = () =>
      gateway.openai().chat.completions.create({
        model: 'alpha/echo',
        messages: [{ role: 'user', content: 'What is kept here?' }],
      });
    const before = wires.alpha.requests.length;
    const first = await ask();
    const second = await ask();
    expect(wires.alpha.requests.length - before).toBe(1);
    expect(second.id).not.toBe(first.id);
    const plain = ({ id: _, metadata: __, ...rest }: typeof first & { metadata?: unknown }) => rest;
    expect(plain(second)).toEqual(plain(first));
    const { metadata } = second as typeof second & { metadata: Record<string, unknown> };
    expect(metadata).toMatchObject({ cache_hit: 'exact', cost_usd: 0, attempts: [] });
  });

  test('is streamed from the cache too', async () => {
    const ask = async () => {
      const stream = await gateway.openai().chat.completions.create({
        model: 'beta/echo',
        stream: true,
        messages: [{ role: 'user', content: 'What is streamed here?' }],
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const before = wires.beta.requests.length;
    const first = await ask();
    const second = await ask();
    expect(wires.beta.requests.length - before).toBe(1);
    const said = (chunks: typeof first) =>
      chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(said(second)).toBe(said(first));
    expect((second.at(-1) as unknown as { metadata: unknown }).metadata).toMatchObject({
      cache_hit: 'exact',
      cost_usd: 0,
    });
  });
});

describe('the same words in another dialect', () => {
  const words = 'What is the same in every dialect?';
  const ask = {
    chat: (model: string, stream: boolean) => ({
      path: '/v1/chat/completions',
      body: { model, stream, max_tokens: 50, messages: [{ role: 'user', content: words }] },
    }),
    messages: (model: string, stream: boolean) => ({
      path: '/v1/messages',
      body: { model, stream, max_tokens: 50, messages: [{ role: 'user', content: words }] },
    }),
    responses: (model: string, stream: boolean) => ({
      path: '/v1/responses',
      body: { model, stream, max_output_tokens: 50, input: words },
    }),
  };
  const kinds = Object.keys(ask) as (keyof typeof ask)[];
  for (const model of ['alpha/echo', 'beta/echo'])
    for (const made of kinds)
      test(`${model}, made for ${made}: all others get it, in their own words`, async () => {
        const sim = model.startsWith('alpha') ? wires.alpha : wires.beta;
        const namespace = `${model} ${made}`;
        const send = async (kind: keyof typeof ask, stream: boolean) => {
          const { path, body } = ask[kind](model, stream);
          const response = await gateway.post(path, { ...body, cache: { namespace } });
          return { status: response.status, text: await response.text(), response };
        };
        const before = sim.received;
        const first = await send(made, true);
        expect(first.status).toBe(200);
        for (const kind of kinds)
          for (const stream of [true, false]) {
            const { status, text, response } = await send(kind, stream);
            expect([status, response.headers.get('x-switchyard-cache')]).toEqual([200, 'exact']);
            // The live answer to the same, from the same provider, says the same.
            expect(text).toContain('"cache_hit":"exact"');
            const types = { chat: 'chat.completion', messages: 'message', responses: 'response' };
            expect(text).toContain(`"${types[kind]}`);
            const { path, body } = ask[kind](model, stream);
            const live = await gateway.post(path, { ...body, cache: { mode: 'off' } });
            expect(wordsOf(text)).toBe(wordsOf(await live.text()));
            wires.alpha.clear();
            wires.beta.clear();
          }
        expect(before).toBeGreaterThanOrEqual(0);
      });
});

/** Everything of a reply that somebody could read, wherever its wire puts it. */
function wordsOf(reply: string): string {
  const lines = reply.startsWith('{') ? [reply] : reply.split('\n').map((line) => line.slice(6));
  const deltas = lines.flatMap((line) => [
    ...line.matchAll(/"(?:content|text|delta)":"((?:[^"\\]|\\.)*)"/g),
  ]);
  return deltas.map(([, text]) => text).join('');
}

test('what is dropped while an answer is being made is not kept after', async () => {
  const body = {
    model: 'alpha/echo+ttft=300',
    messages: [{ role: 'user', content: 'Asked before, answered after.' }],
  };
  const before = wires.alpha.received;
  const asked = gateway.post('/v1/chat/completions', body);
  await until(() => wires.alpha.received === before + 1);
  const dropped = await fetch(`${gateway.url}/router/v1/cache?all=true`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  expect([dropped.status, (await asked).status]).toEqual([200, 200]);
  const again = await gateway.post('/v1/chat/completions', body);
  expect(again.headers.get('x-switchyard-cache')).toBe('miss');
});

test('the same words by the official SDKs of three dialects: one call', async () => {
  const words = 'Asked with everything that SDKs send along.';
  const before = wires.alpha.received;
  const chat = await gateway.openai().chat.completions.create({
    model: 'alpha/echo',
    max_tokens: 50,
    messages: [{ role: 'user', content: words }],
  });
  const ask = (version: string) =>
    gateway.anthropic().messages.create(
      {
        model: 'alpha/echo',
        max_tokens: 50,
        messages: [{ role: 'user', content: words }],
      },
      { headers: { 'anthropic-version': version } },
    );
  const message = await ask('2023-06-01');
  const response = await gateway.openai().responses.create({
    model: 'alpha/echo',
    max_output_tokens: 50,
    input: words,
  });
  const [block] = message.content;
  expect(block?.type === 'text' ? block.text : null).toBe(chat.choices[0]?.message.content ?? '');
  expect(response.output_text).toBe(chat.choices[0]?.message.content ?? '');
  expect(wires.alpha.received - before).toBe(1);
  // Another version of the wire may answer otherwise.
  await ask('2026-10-21');
  expect(wires.alpha.received - before).toBe(2);
});
