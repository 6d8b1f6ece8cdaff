// A cached response is its caller's own: it can be fetched, gone on from and deleted, whatever becomes of the one it came of; and
// what a model thought before a cached call is there for the turn that brings the call's result.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import { ask } from './cached-callers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let sim: Sim;
let gateway: GatewayUnderTest;
let openai: OpenAI;

beforeAll(async () => {
  sim = startSim({ seed: 13 });
  gateway = await startGateway(`
health: { enabled: false }
cache: { mode: exact, ttl: 1h }
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: a-key }
  responses: { dialect: openai-responses, base_url: "${sim.url}", api_key: a-key }
  messages: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: a-key }
`);
  openai = gateway.openai();
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

let questions = 0;
const question = () => `Question ${++questions} of responses.`;
const bodies = (from: number) =>
  sim.requests.slice(from).map(({ body }) => JSON.parse(body) as JsonObject);

describe('a cached response', () => {
  for (const wire of ['responses', 'chat', 'messages'])
    for (const stream of [false, true])
      test(`of ${wire}, ${stream ? 'streamed' : 'whole'}: fetched, gone on from, deleted`, async () => {
        const asked = { model: `${wire}/echo+tokens=6`, stream, text: question() };
        const live = await ask(gateway, 'responses', asked);
        // The second is written of the answer itself, the third of what was written then.
        for (let time = 0; time < 2; time++) {
          const cached = await ask(gateway, 'responses', asked);
          expect(cached.metadata.cache_hit).toBe('exact');
          const fetched = await openai.responses.retrieve(cached.id);
          expect(fetched.id).toBe(cached.id);
          // The SDK's helper for streams adds what it parsed.
          const told = JSON.stringify(cached.reply.output).replaceAll(',"parsed":null', '');
          expect(fetched.output).toEqual(JSON.parse(told));
          expect(fetched.output_text).toBe(cached.reply.output_text as string);
          const before = sim.received;
          const next = await openai.responses.create({
            model: asked.model,
            input: 'And then?',
            previous_response_id: cached.id,
          });
          expect(next.previous_response_id).toBe(cached.id);
          // Its provider never heard of the id: it is told the conversation.
          const [sent] = bodies(before);
          expect(JSON.stringify(sent)).toContain(asked.text);
          expect(JSON.stringify(sent)).toContain('This is a simulated answer');
          expect(JSON.stringify(sent)).not.toContain(cached.id);
          await openai.responses.delete(cached.id);
          const gone = await openai.responses.retrieve(cached.id).then(() => null, Object);
          expect(gone).toMatchObject({ status: 404 });
        }
        const kept = await openai.responses.retrieve(live.id);
        expect(kept.id).toBe(live.id);
        // Nor is the answer forgotten with a response that was made of it.
        expect((await ask(gateway, 'responses', asked)).metadata.cache_hit).toBe('exact');
      });

  test('that was not to be stored is not', async () => {
    const more = { store: false };
    const asked = { model: 'chat/echo+tokens=6', stream: false, text: question(), more };
    await ask(gateway, 'responses', asked);
    const cached = await ask(gateway, 'responses', asked);
    expect(cached.metadata.cache_hit).toBe('exact');
    const found = await openai.responses.retrieve(cached.id).then(() => null, Object);
    expect(found).toMatchObject({ status: 404 });
  });
});

test('thoughts before a cached call are given back with its result', async () => {
  const tools = [
    {
      type: 'function' as const,
      function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
    },
  ];
  const text = question();
  const turn = (user: string) =>
    openai.chat.completions.create({
      model: 'messages/echo+reasoning=10+tools=1',
      messages: [{ role: 'user', content: text }],
      tools,
      user,
      max_completion_tokens: 4000,
      reasoning_effort: 'low',
    });
  await turn('ann');
  for (const user of ['ann', 'bob']) {
    const second = await turn(user);
    expect(second).toMatchObject({ metadata: { cache_hit: 'exact' } });
    const calls = second.choices[0]?.message.tool_calls ?? [];
    expect(calls).toHaveLength(1);
    const before = sim.received;
    await openai.chat.completions.create({
      model: 'messages/echo+reasoning=10',
      user,
      max_completion_tokens: 4000,
      reasoning_effort: 'low',
      tools,
      messages: [
        { role: 'user', content: text },
        // A client that drops the thoughts.
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', tool_call_id: calls[0]?.id ?? '', content: `Sunny for ${user}.` },
      ],
    });
    const [sent] = bodies(before);
    const said = asObjects(sent?.messages).flatMap(({ content }) => asObjects(content));
    const thought = said.find(({ type }) => type === 'thinking');
    expect(thought?.signature).toBeString();
  }
});
