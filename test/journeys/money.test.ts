// What a request cost, or why nobody can say: in the reply, in the log, and by which price.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { FREE } from '../../src/core/price-of.ts';
import { priceVersion } from '../../src/core/price-version.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const wires = startTwoWires();
let tiers: ReturnType<typeof startTiers>;
let gateway: GatewayUnderTest;

/** A provider that serves each call at the tier it is asked for, for 1,000 tokens in and 100 out. */
function startTiers() {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const asked = asObject(parseJson(await request.text())) ?? {};
      const message = { role: 'assistant', content: 'Yes.' };
      return Response.json({
        id: 't',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        service_tier: asked.service_tier ?? 'default',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
      });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/v1`, stop: () => void server.stop(true) };
}

async function ask(model: string, more: JsonObject = {}) {
  const before = (await gateway.rows()).length;
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await gateway.post('/v1/chat/completions', { model, messages, ...more });
  const text = await response.text();
  const last = text.split('\n').findLast((line) => line.includes('"metadata"')) ?? '';
  const reply = asObject(parseJson(last.replace(/^data: /, '')));
  const rows = (await gateway.rows()).slice(before);
  expect(rows.length).toBe(1);
  const row = rows[0];
  if (row === undefined) throw new Error('no row');
  return { status: response.status, metadata: asObject(reply?.metadata) ?? {}, row };
}

afterAll(() => wires.stop());

await onBothEngines(() => {
  beforeAll(async () => {
    tiers = startTiers();
    gateway = await startGateway(
      wires.yaml.replace(
        '\nmodels:',
        `
  own: { dialect: openai-chat, base_url: "${wires.alpha.url}", api_key: k, price: free }
  tiers: { dialect: openai-chat, base_url: "${tiers.url}", api_key: k, quirks: { makersFields: true } }
models:
  - { id: alpha/echo+tokens=30+cut=12, price: { input: 1, output: 2 } }
  - { id: beta/echo+tokens=30+cut=12, price: { input: 3, output: 15 } }
  - { id: beta/echo+tokens=30, price: { input: 3, output: 15 } }
  - { id: own/sold, price: { input: 1, output: 1 } }
  - { id: tiers/m, price: { input: 2, output: 8, service_tiers: { batch: 0.5, flex: { input: 1, output: 3 } } } }`,
      ),
    );
  });
  afterAll(async () => {
    await gateway.stop();
    tiers.stop();
  });

  describe('an unknown price', () => {
    for (const stream of [false, true])
      test(`is null and marked, and the tokens are kept: ${stream ? 'streamed' : 'whole'}`, async () => {
        for (const provider of ['alpha', 'beta']) {
          const { metadata, row } = await ask(`${provider}/nobody-sells-this`, { stream });
          expect(metadata).toMatchObject({ cost_usd: null, unpriced: true });
          expect(row).toMatchObject({ cost_usd: null, unpriced: true, delivered_tokens: null });
          expect(row.attempts.map(({ price }) => price)).toEqual([null]);
          expect(row.usage.output).toBeGreaterThan(0);
        }
      });

    test('is no word on a cost that is known, nor on a request that came to nobody', async () => {
      const known = await ask('alpha/echo');
      expect(known.row.cost_usd).toBeGreaterThan(0);
      expect([known.row.unpriced, 'unpriced' in known.metadata]).toEqual([false, false]);
      const refused = await ask('alpha/echo+status=400');
      expect([refused.status, refused.row.cost_usd, refused.row.unpriced]).toEqual([400, 0, false]);
    });
  });

  test('a provider that is declared free costs nothing, but for what has a price', async () => {
    const free = await ask('own/echo');
    expect(free.row).toMatchObject({ cost_usd: 0, unpriced: false });
    expect(free.metadata.cost_usd).toBe(0);
    expect(free.row.attempts[0]?.price).toBe(priceVersion(FREE));
    const sold = await ask('own/sold');
    expect(sold.row.cost_usd).toBeGreaterThan(0);
  });

  describe('a service tier', () => {
    test.each([
      [undefined, 0.0028],
      ['batch', 0.0014],
      ['flex', 0.0013],
      ['priority', null],
    ] as const)('%p costs %p', async (tier, usd) => {
      const more = tier === undefined ? {} : { service_tier: tier };
      const { row, metadata } = await ask('tiers/m', more);
      expect([row.cost_usd, row.unpriced]).toEqual([usd, usd === null]);
      expect(metadata.cost_usd).toBe(usd);
      expect(row.usage).toMatchObject({ input: 1000, output: 100 });
    });
  });

  test('the price of each attempt is in the log, whatever the configuration says later', async () => {
    const { row } = await ask('alpha/echo');
    const version = row.attempts[0]?.price ?? '';
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    const kept = await gateway.gateway.ledger.prices([version, '0000000000000000']);
    expect([...kept]).toEqual([[version, { input: 1, output: 2, cacheRead: 0.1 }]]);
  });

  describe('an answer of several', () => {
    test('costs what they cost together, and says what was delivered of the one that was cut', async () => {
      const { row, metadata } = await ask('alpha/echo+tokens=30+cut=12', {
        stream: true,
        models: ['beta/echo+tokens=30'],
      });
      expect(row).toMatchObject({ outcome: 'ok', resumed: true, unpriced: false });
      const [cut, rest] = row.attempts;
      expect(cut?.cost_usd).toBeGreaterThan(0);
      expect(rest?.cost_usd).toBeGreaterThan(0);
      const nano = Math.round((cut?.cost_usd ?? 0) * 1e9) + Math.round((rest?.cost_usd ?? 0) * 1e9);
      expect(Math.round((row.cost_usd ?? 0) * 1e9)).toBe(nano);
      expect(metadata.cost_usd).toBe(row.cost_usd);
      expect(cut?.delivered_tokens).toBeWithin(1, 31);
      expect(rest?.delivered_tokens).toBeUndefined();
      expect(row.delivered_tokens).toBe(cut?.delivered_tokens as number);
    });

    test('without anybody to go on: cut, with what was delivered, what went in as its provider told it', async () => {
      const whole = await ask('beta/echo+tokens=30');
      const { row } = await ask('beta/echo+tokens=30+cut=12', { stream: true });
      expect(row).toMatchObject({ outcome: 'error', usage_estimated: true, unpriced: false });
      expect(row.usage.input).toBe(whole.row.usage.input as number);
      expect(row.usage.output).toBeWithin(1, 31);
      expect(row.delivered_tokens).toBeWithin(1, 31);
      expect(row.cost_usd).toBeGreaterThan(0);
    });
  });
});
