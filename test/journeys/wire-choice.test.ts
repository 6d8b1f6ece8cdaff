// Which wire a call goes out on: the caller's own where the provider speaks it, else its usual one, else the only one a model has.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Server } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let sim: Sim;
let partial: Server<undefined>;
let asked: string[] = [];
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 1 });
  // A server of OpenAI's kind that has nothing but chat completions.
  partial = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (pathname !== '/v1/chat/completions')
        return new Response('404 page not found', { status: 404 });
      return fetch(`${sim.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: await request.text(),
      });
    },
  });
  gateway = await startGateway(`
providers:
  openai: { base_url: "${sim.url}", api_key: k }
  xai: { base_url: "http://127.0.0.1:${partial.port}/v1", api_key: k }
  custom: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
  claude: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k }
`);
});
beforeEach(() => {
  sim.clear();
  asked = [];
});
afterAll(async () => {
  await Promise.all([gateway.stop(), sim.stop()]);
  await partial.stop(true);
});

const respond = (model: string) =>
  gateway.openai().responses.create({ model, input: 'Hello', store: false });
const paths = () => sim.requests.map(({ path }) => path);

describe('a Responses call', () => {
  test('stays one at a provider that speaks it', async () => {
    await respond('openai/gpt-5-mini');
    expect(paths()).toEqual(['/v1/responses']);
  });

  test('is translated for one that does not', async () => {
    await respond('custom/echo');
    await respond('claude/echo');
    expect(paths()).toEqual(['/v1/chat/completions', '/v1/messages']);
  });

  test('is translated where the endpoint turns out to be missing: one attempt, and nobody notices', async () => {
    const before = (await gateway.rows()).length;
    const reply = await respond('xai/grok-4');
    expect(reply.output_text).toContain('Hello');
    expect(asked).toEqual(['/v1/responses', '/v1/chat/completions']);
    const rows = (await gateway.rows()).slice(before);
    expect(rows.map((row) => [row.outcome, row.attempts.map(({ success }) => success)])).toEqual([
      ['ok', [true]],
    ]);
  });

  test('is told only what the wire that answered could not carry', async () => {
    const reply = (await gateway.openai().responses.create({
      model: 'xai/grok-4',
      input: 'Hello',
      store: false,
      // On its own wire: used by the gateway, no text.
      metadata: { tier: 3 } as never,
    })) as unknown as { gateway_metadata: { losses: readonly string[] } };
    expect(asked).toEqual(['/v1/responses', '/v1/chat/completions']);
    expect(reply.gateway_metadata.losses).toEqual([]);
  });

  test('a model that is not there is said not to be there, and not asked for again elsewhere', async () => {
    const failure = await respond('openai/echo+error=not_found').catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ status: 404 });
    expect(paths()).toEqual(['/v1/responses']);
  });
});

describe('a chat completion', () => {
  test('goes out on the one wire its model is served on', async () => {
    const reply = await gateway.openai().chat.completions.create({
      model: 'openai/gpt-5-codex',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(paths()).toEqual(['/v1/responses']);
    expect(reply.choices[0]?.message.content).toContain('Hello');
  });

  describe('with tools, of a model that takes those on another wire while it thinks', () => {
    const tools = [
      { type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } },
    ];
    const think = (model: string) =>
      gateway.openai().chat.completions.create({
        model,
        reasoning_effort: 'low',
        tools,
        messages: [{ role: 'user', content: 'Hello' }],
      });

    test('stays on the caller’s own wire where it is taken', async () => {
      await think('openai/gpt-5.4');
      expect(paths()).toEqual(['/v1/chat/completions']);
    });

    test('is asked again on the other where it is refused, within one attempt', async () => {
      const before = (await gateway.rows()).length;
      await think('openai/gpt-5.4+error=invalid_request+times=1');
      expect(paths()).toEqual(['/v1/chat/completions', '/v1/responses']);
      const [row] = (await gateway.rows()).slice(before);
      expect(row?.attempts.map(({ success }) => success)).toEqual([true]);
    });

    test('refused on both, the caller reads what its own wire said', async () => {
      const failure = await think('openai/gpt-5.4+error=invalid_request').catch(
        (thrown: unknown) => thrown,
      );
      expect(failure).toMatchObject({ status: 400, code: 'upstream_invalid_request' });
      expect(paths()).toEqual(['/v1/chat/completions', '/v1/responses']);
    });

    test('a Messages caller’s goes out on the other at once', async () => {
      await gateway.anthropic().messages.create({
        model: 'openai/gpt-5.4',
        max_tokens: 3000,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        tools: [{ name: 'look', input_schema: { type: 'object' } }],
        messages: [{ role: 'user', content: 'Hello' }],
      });
      expect(paths()).toEqual(['/v1/responses']);
    });
  });
});
