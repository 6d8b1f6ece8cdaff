// The same request again: answered from the cache, in every dialect, streamed or not, as if it had been asked.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

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
