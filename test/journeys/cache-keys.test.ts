// Who gets whose answer: the same caller that asks the same, and nobody else, by whatever words.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { bodyOf, by, CountedCache, question, WIRES, type Wire } from './counted-cache.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';

const providers = new CountedCache();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await providers.gateway('{ mode: exact }');
});
afterAll(() => providers.stop());

const ask = (wire: Wire, body: JsonObject | string, headers?: { [name: string]: string }) =>
  providers.ask(gateway, wire, body, headers);
const counts = (wire: Wire, asks: Parameters<CountedCache['counts']>[2]) =>
  providers.counts(gateway, wire, asks);

const TOOLS: { readonly [W in Wire]: JsonObject } = {
  chat: { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
  messages: { name: 'f', input_schema: { type: 'object' } },
  responses: { type: 'function', name: 'f', parameters: { type: 'object' } },
};

describe.each(WIRES)('%s: what is asked', (wire) => {
  test('in another order of members, for another stream, by way of another list of fallbacks: it is the same', async () => {
    const text = question();
    const body = bodyOf(wire, text, { temperature: 0.5 });
    const turned = Object.fromEntries(Object.entries(body).reverse());
    const fallbacks = { ...body, models: ['alpha/echo'] };
    const spaced = JSON.stringify(body, null, 2);
    expect((await ask(wire, body)).asked).toBe(1);
    for (const same of [body, turned, fallbacks])
      expect(await ask(wire, same)).toMatchObject({ status: 200, asked: 0 });
    if (wire === 'responses') expect((await ask(wire, spaced)).asked).toBe(0);
    const streamed = await ask(wire, { ...body, stream: true });
    expect([streamed.asked, streamed.headers.get('x-switchyard-cache')]).toEqual([0, 'exact']);
    expect(String(streamed.body.text)).toContain('"cache_hit":"exact"');
  });

  test.each([
    [{ temperature: 0.7 }],
    [{ top_p: 0.5 }],
    [wire === 'messages' ? { system: 'Be brief.' } : { service_tier: 'flex' }],
    [wire === 'responses' ? { instructions: 'Be brief.' } : { nobody_knows: 1 }],
    [{ reasoning: { exclude: true } }],
    [{ strict: false }],
    [wire === 'messages' ? { stop_sequences: ['x'] } : { parallel_tool_calls: false }],
    [{ tools: [TOOLS[wire]] }],
  ])('with %j it is something else', async (more) => {
    const text = question();
    const plain = bodyOf(wire, text);
    const other = bodyOf(wire, text, more);
    expect(await counts(wire, [[plain], [other], [plain], [other]])).toEqual([1, 1, 0, 0]);
  });

  test('a body that says a thing twice is never given another’s answer, nor its own', async () => {
    const text = JSON.stringify(bodyOf(wire, question(), { temperature: 0 }));
    const twice = `${text.slice(0, -1)},"temperature":1}`;
    expect(await counts(wire, [[text], [twice], [twice], [text]])).toEqual([1, 1, 1, 0]);
  });
});

test('the SDKs: the same again is the same, another word is not', async () => {
  const before = [providers.alpha.received, providers.beta.received];
  const chat = (content: string, temperature: number) =>
    gateway.openai().chat.completions.create({
      model: 'alpha/echo',
      temperature,
      messages: [{ role: 'user', content }],
    });
  const message = (content: string, betas: string) =>
    gateway
      .anthropic()
      .messages.create(
        { model: 'beta/echo', max_tokens: 50, messages: [{ role: 'user', content }] },
        { headers: { 'anthropic-beta': betas } },
      );
  const text = question();
  for (const temperature of [0, 1, 0, 1]) await chat(text, temperature);
  for (const content of [`${text} `, text]) await chat(content, 0);
  for (const betas of ['a', 'b', 'a', 'b']) await message(text, betas);
  expect([
    providers.alpha.received - (before[0] ?? 0),
    providers.beta.received - (before[1] ?? 0),
  ]).toEqual([3, 2]);
});

describe('whose it is', () => {
  test('two keys never share: not by the same namespace, nor by the same user', async () => {
    const [one, two] = [await providers.newKey(gateway), await providers.newKey(gateway)];
    const said = { user: 'ann', cache: { mode: 'exact', namespace: 'shared', ttl: '1h' } };
    const body = bodyOf('chat', question(), said);
    const asks = [one, two, one, two].map(({ key }) => [body, by(key)] as const);
    expect(await counts('chat', asks as never)).toEqual([1, 1, 0, 0]);
  });

  test('namespaces of one key are apart', async () => {
    const text = question();
    const named = (namespace: string) => bodyOf('chat', text, { cache: { namespace } });
    const asks = [named('a'), named('b'), bodyOf('chat', text), named('a'), named('b')];
    expect(
      await counts(
        'chat',
        asks.map((body) => [body]),
      ),
    ).toEqual([1, 1, 1, 0, 0]);
  });

  test('users of one key share, but where the configuration says otherwise', async () => {
    const text = question();
    const of = (user: string) => bodyOf('chat', text, { user });
    expect(await counts('chat', [[of('ann')], [of('bob')]])).toEqual([1, 0]);
    const apart = await providers.gateway('{ mode: exact, per_user: true }');
    const seen: number[] = [];
    for (const [user, headers] of [
      ['ann', {}],
      ['bob', {}],
      ['ann', {}],
      // Who names the user in a header is that user.
      ['bob', { 'x-switchyard-user': 'ann' }],
    ] as const)
      seen.push((await providers.ask(apart, 'chat', of(user), headers)).asked);
    expect(seen).toEqual([1, 1, 0, 0]);
  });

  test('a provider key of the caller’s own has answers of its own', async () => {
    const body = bodyOf('chat', question());
    const own = (secret: string) => ({ 'x-switchyard-provider-key': `alpha=${secret}` });
    const headers = [{}, own('one'), own('two'), {}, own('one')];
    const seen = await counts(
      'chat',
      headers.map((some) => [body, some] as never),
    );
    expect(seen).toEqual([1, 1, 1, 0, 0]);
  });

  test('a fallback’s answer is not given while its better would be asked', async () => {
    const text = question();
    const better = { ...bodyOf('chat', text), models: ['alpha/other'] };
    const fallback = { ...bodyOf('chat', text), model: 'alpha/other' };
    const first = await ask('chat', fallback);
    const second = await ask('chat', better);
    expect([first.asked, second.asked]).toEqual([1, 1]);
    expect(second.headers.get('x-actual-model')).toBe('alpha/echo');
  });

  test('a model that several serve: whichever of them answered', async () => {
    const text = question();
    const body = (model: string) => ({ ...bodyOf('chat', text), model });
    const first = await ask('chat', body('together/openai/gpt-oss-120b'));
    const second = await ask('chat', body('gpt-oss-120b'));
    expect([first.asked, second.asked, second.headers.get('x-switchyard-cache')]).toEqual([
      1,
      0,
      'exact',
    ]);
    expect(second.headers.get('x-actual-model')).toBe('together/openai/gpt-oss-120b');
    // Who names the provider gets that one's.
    const named = await ask('chat', body('groq/openai/gpt-oss-120b'));
    expect([named.asked, named.headers.get('x-actual-model')]).toEqual([
      1,
      'groq/openai/gpt-oss-120b',
    ]);
  });

  test('what a router puts to a request is part of what is asked', async () => {
    const text = question();
    const plain = bodyOf('chat', text);
    const warm = { ...plain, model: 'router/warm' };
    const written = { ...plain, temperature: 0.5 };
    expect(await counts('chat', [[plain], [warm], [warm], [written]])).toEqual([1, 1, 0, 1]);
  });
});
