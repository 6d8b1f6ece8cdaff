// Prompts that mean the same get the same answer, in every dialect, streamed or not; those that only look alike never do.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asObject } from '../../src/lib/json.ts';
import { ask, CALLERS, said } from './cached-callers.ts';
import { type GatewayUnderTest, startTwoWires } from './gateway-under-test.ts';
import { asked, startSemanticGateway } from './semantic-gateway.ts';

const wires = startTwoWires();
const { alpha } = wires;
let gateway: GatewayUnderTest;
let now = Date.now();

beforeAll(async () => {
  gateway = await startSemanticGateway(wires.yaml, '', { now: () => now });
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});
beforeEach(async () => {
  await gateway.gateway.answers.store.drop({});
  alpha.clear();
});

const QUESTION = 'How do I reset my password?';
const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const SAME = 'how can I reset my password';

describe('a prompt that means the same', () => {
  for (const caller of CALLERS)
    for (const [form, was, is] of [
      ['whole after whole', false, false],
      ['streamed after streamed', true, true],
      ['streamed after whole', false, true],
      ['whole after streamed', true, false],
    ] as const)
      test(`gets the answer: ${caller}, ${form}`, async () => {
        const question = { model: 'alpha/echo', text: QUESTION, stream: was };
        const first = await ask(gateway, caller, question);
        const second = await ask(gateway, caller, { ...question, text: SAME, stream: is });
        expect(alpha.requests).toHaveLength(1);
        expect(second.metadata).toMatchObject({
          ...{ cache_hit: 'semantic', cost_usd: 0, attempts: [] },
          cache: { from: first.generationId, verdict: 'same' },
        });
        const similarity = Number(asObject(second.metadata.cache)?.similarity);
        expect(similarity).toBeGreaterThan(0.85);
        expect(similarity).toBeLessThanOrEqual(1);
        expect(second.id).not.toBe(first.id);
        expect(said(caller, second)).toEqual(said(caller, first));
      });

  test('has a row that says whose answer it got and what that saved, and costs nothing', async () => {
    const first = await asked(gateway, QUESTION);
    const second = await asked(gateway, SAME);
    const row = (await gateway.rows()).find(({ id }) => id === second.told.generation_id);
    expect(row).toMatchObject({
      ...{ cache: 'semantic', cost_usd: 0, attempts: [], status: 200 },
      cache_detail: { kind: 'semantic', from: first.told.generation_id },
      saved: { kind: 'semantic', cost_usd: first.told.cost_usd },
    });
  });

  test('never hands its answer on: what it is given was made for the prompt it is like', async () => {
    const first = await asked(gateway, QUESTION);
    await asked(gateway, SAME);
    const again = await asked(gateway, SAME);
    const third = await asked(gateway, `${SAME}!`);
    expect(again.told).toMatchObject({ cache_hit: 'semantic' });
    for (const { told } of [again, third]) expect(told.cache?.from).toBe(first.told.generation_id);
    expect(alpha.requests).toHaveLength(1);
  });

  test('gets it although many ask at once', async () => {
    const first = await asked(gateway, QUESTION);
    const all = await Promise.all(Array.from({ length: 20 }, () => asked(gateway, SAME)));
    expect(alpha.requests).toHaveLength(1);
    for (const { told, text } of all) {
      expect(told).toMatchObject({
        cache_hit: 'semantic',
        cache: { from: first.told.generation_id },
      });
      expect(text).toBe(first.text);
    }
  });

  test('asks itself where its caller wants the same request only, whoever asks beside it', async () => {
    await asked(gateway, QUESTION);
    const [meant, exact] = await Promise.all([
      asked(gateway, SAME),
      asked(gateway, SAME, { cache: { mode: 'exact' } }),
    ]);
    expect(meant.told.cache_hit).toBe('semantic');
    expect(exact.told.cache_hit).toBe(false);
    expect(exact.text).toContain(SAME);
    expect(alpha.requests).toHaveLength(2);
  });
});

test('a request may look in shadow, and gets nothing', async () => {
  const first = await asked(gateway, QUESTION);
  const cache = { mode: 'semantic', shadow: true };
  const watched = await asked(gateway, SAME, { cache });
  expect(watched.told).toMatchObject({
    cache_hit: false,
    cache: { shadow: true, verdict: 'same', from: first.told.generation_id },
  });
  expect(watched.text).toContain(SAME);
  expect(alpha.requests).toHaveLength(2);
});

describe('how alike prompts have to be', () => {
  test('is the request’s to say', async () => {
    await asked(gateway, QUESTION);
    const { told } = await asked(gateway, SAME, { cache: { mode: 'semantic', threshold: 1 } });
    expect(told.cache_hit).toBe(false);
  });

  test('is not enough: what differs in what matters is told, and not given', async () => {
    await asked(gateway, 'Convert 10 miles to kilometers.');
    const { told } = await asked(gateway, 'Convert 12 miles to kilometers.');
    expect(told.cache_hit).toBe(false);
    expect(told.cache).toMatchObject({ verdict: 'number' });
    expect(told.cache?.similarity).toBeGreaterThan(0.85);
    const row = (await gateway.rows()).find(({ id }) => id === told.generation_id);
    expect(row).toMatchObject({ cache: null, cache_detail: { near: { shadow: false } } });
  });

  test.each([
    ['Convert 10 miles to kilometers.', 'Convert 10 kilometers to miles.'],
    ['How much is 5 kg of flour?', 'How much is 5 g of flour?'],
    ['Is it safe to mix bleach with water?', 'Is it safe to mix bleach with ammonia?'],
    ['How do I turn on two-factor login?', 'How do I turn off two-factor login?'],
    ['What should I eat before a run?', 'What should I not eat before a run?'],
    ['Who wrote The Trial?', 'When was The Trial written?'],
    ['What is the capital of France?', 'What is the capital of Norway?'],
    ['Did Ann pay Bob?', 'Did Bob pay Ann?'],
    ['What happened on 3 May 1968?', 'What happened on 3 May 1969?'],
    ['Translate "dog" into French.', 'Translate "dog" into German.'],
    ['Explain recursion to a beginner.', 'Explain recursion to an expert.'],
    ['How do I reset my password?', 'Wie setze ich mein Passwort zurück?'],
  ])('is nothing to what asks something else: %s %s', async (one, other) => {
    const cache = { mode: 'semantic', threshold: 0 };
    const first = await asked(gateway, one, { cache });
    const second = await asked(gateway, other, { cache });
    expect(second.told.cache_hit).toBe(false);
    expect(second.text).not.toBe(first.text);
  });
});

describe('an answer to what means the same is not given', () => {
  test('once it is too old, by its own time, the request’s or the gateway’s', async () => {
    const cache = { mode: 'semantic', ttl: 10 };
    await asked(gateway, QUESTION, { cache });
    now += 5000;
    expect((await asked(gateway, SAME, { cache })).told.cache_hit).toBe('semantic');
    const impatient = { 'cache-control': 'max-age=3' };
    expect((await asked(gateway, SAME, { cache }, impatient)).told.cache_hit).toBe(false);
    now += 11_000;
    expect((await asked(gateway, SAME, { cache })).told.cache_hit).toBe(false);
  });

  test('once it is dropped, and never again', async () => {
    await asked(gateway, QUESTION);
    expect(await gateway.gateway.answers.store.drop({})).toBe(1);
    const { told } = await asked(gateway, SAME);
    expect(told.cache_hit).toBe(false);
    const other = await asked(gateway, QUESTION);
    expect(other.told).toMatchObject({
      cache_hit: 'semantic',
      cache: { from: told.generation_id },
    });
  });

  test('to who wants none that is kept, or that nothing is kept', async () => {
    await asked(gateway, QUESTION);
    const fresh = await asked(gateway, SAME, {}, { 'cache-control': 'no-cache' });
    const secret = await asked(gateway, SAME, {}, { 'cache-control': 'no-store' });
    const off = await asked(gateway, SAME, {}, { 'x-switchyard-cache': 'off' });
    for (const { told } of [fresh, secret, off]) expect(told.cache_hit).toBe(false);
    expect(alpha.requests).toHaveLength(4);
  });

  test('to who is to be asked nothing for and finds none; one that is found does', async () => {
    const kept = { 'cache-control': 'only-if-cached' };
    expect((await asked(gateway, SAME, {}, kept)).status).toBe(504);
    await asked(gateway, QUESTION);
    expect((await asked(gateway, SAME, {}, kept)).told.cache_hit).toBe('semantic');
    expect(alpha.requests).toHaveLength(1);
  });

  test.each([
    ['an error', { model: 'alpha/echo+status=500' }],
    ['one that was cut at its limit', { max_tokens: 1 }],
    ['one that broke off', { model: 'alpha/echo+cut=3', stream: true }],
    ['a call of a tool', { model: 'alpha/tools', tools: tool('weather') }],
  ])('where it is %s', async (_, body) => {
    const post = (text: string) =>
      gateway.post('/v1/chat/completions', {
        ...{ model: 'alpha/echo', messages: [{ role: 'user', content: text }] },
        ...body,
      });
    await (await post(QUESTION)).text();
    const before = alpha.requests.length;
    const second = await (await post(SAME)).text();
    expect(second).not.toContain('"cache_hit":"semantic"');
    expect(alpha.requests.length).toBeGreaterThan(before);
  });
});

describe('in other circumstances nothing means the same', () => {
  test.each([
    ['another model', { model: 'alpha/other' }],
    ['another provider', { model: 'beta/echo' }],
    ['a system prompt', { messages: [says('system', 'Be brief.'), says('user', SAME)] }],
    ['an earlier turn', { messages: [...talk('Hello.'), says('user', SAME)] }],
    ['tools', { tools: tool('weather') }],
    ['a format', { response_format: { type: 'json_object' } }],
    ['a temperature', { temperature: 0.3 }],
    ['a limit', { max_tokens: 50 }],
    ['a seed', { seed: 7 }],
    ['a stop', { stop: ['!'] }],
    ['reasoning', { reasoning: { effort: 'low' } }],
    ['a namespace', { cache: { mode: 'semantic', namespace: 'other' } }],
    ['a field nobody knows', { unheard_of: 1 }],
    ['a name', { messages: [{ ...says('user', SAME), name: 'Ann' }] }],
    ['a part before it', { messages: [{ role: 'user', content: [text('Text.'), text(SAME)] }] }],
    ['a picture', { messages: [{ role: 'user', content: [text(SAME), PICTURE] }] }],
    [
      'an agent’s words',
      { messages: [says('user', `<system-reminder>x</system-reminder>${SAME}`)] },
    ],
  ])('%s', async (_, body) => {
    await asked(gateway, QUESTION);
    const { told } = await asked(gateway, SAME, body);
    expect(told.cache_hit).toBe(false);
    expect(told.cache).toBeUndefined();
  });

  test('an earlier turn that differs, though it means the same', async () => {
    const after = (words: string, question: string) =>
      asked(gateway, '', { messages: [...talk(words), says('user', question)] });
    const first = await after('Hello.', QUESTION);
    expect((await after('Hello!', SAME)).told.cache_hit).toBe(false);
    const same = await after('Hello.', SAME);
    expect(same.told).toMatchObject({
      cache_hit: 'semantic',
      cache: { from: first.told.generation_id },
    });
  });

  test('another key', async () => {
    await asked(gateway, QUESTION);
    const made = await gateway.post('/router/v1/keys', { name: 'other' });
    const { key } = (await made.json()) as { key: string };
    const other = await asked(gateway, SAME, {}, { authorization: `Bearer ${key}` });
    expect(other.told.cache_hit).toBe(false);
    expect(other.told.cache).toBeUndefined();
  });

  test('another dialect', async () => {
    await ask(gateway, 'chat', { model: 'alpha/echo', text: QUESTION, stream: false });
    for (const caller of ['responses', 'messages'] as const) {
      const question = { model: 'alpha/echo', text: SAME, stream: false };
      expect((await ask(gateway, caller, question)).metadata.cache_hit).toBe(false);
    }
  });
});

function text(words: string) {
  return { type: 'text', text: words };
}

function says(role: string, content: string) {
  return { role, content };
}

function talk(words: string) {
  return [says('user', words), says('assistant', 'Good day.')];
}

function tool(name: string) {
  return [{ type: 'function', function: { name, parameters: { type: 'object' } } }];
}
