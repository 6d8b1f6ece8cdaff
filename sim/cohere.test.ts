// The simulated provider on Cohere's wire: events in the recorded order, the same answer whole, and its refusals.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../src/lib/json.ts';
import { type Sim, startSim } from './start-sim.ts';

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 6 });
});
afterAll(() => sim.stop());

const TOOL = {
  type: 'function',
  function: {
    name: 'f',
    parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  },
};

async function ask(body: object): Promise<{ status: number; text: string; body: JsonObject }> {
  const response = await fetch(`${sim.url}/chat`, {
    method: 'POST',
    body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'Hi' }], ...body }),
  });
  const text = await response.text();
  return { status: response.status, text, body: asObject(parseJson(text)) ?? {} };
}

/** The kinds of events, those that repeat told once. */
async function kinds(body: object): Promise<string[]> {
  const { text } = await ask({ ...body, stream: true });
  const types = text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => asString(asObject(parseJson(line.slice(6)))?.type) ?? line.slice(6));
  return types.filter((type, at) => type !== types[at - 1]);
}

test('a text streams as it was recorded', async () => {
  expect(await kinds({ model: 'echo+say=Hello%20there' })).toEqual([
    'message-start',
    'content-start',
    'content-delta',
    'content-end',
    'message-end',
    '[DONE]',
  ]);
});

test('a plan and its calls stream as they were recorded', async () => {
  expect(await kinds({ model: 'tools+reasoning=2', tools: [TOOL] })).toEqual([
    'message-start',
    'tool-plan-delta',
    'tool-call-start',
    'tool-call-delta',
    'tool-call-end',
    'message-end',
    '[DONE]',
  ]);
});

test('whole replies have thoughts, usage of both kinds and an end', async () => {
  const { body } = await ask({
    model: 'echo+say=Four+cache-read=8',
    thinking: { type: 'enabled' },
  });
  expect(asArray(asObject(body.message)?.content).map((part) => asObject(part)?.type)).toEqual([
    'thinking',
    'text',
  ]);
  expect(body.finish_reason).toBe('COMPLETE');
  expect(body.usage).toMatchObject({
    tokens: { output_tokens: 13 },
    billed_units: { output_tokens: 13 },
    cached_tokens: 8,
  });
});

describe('refuses', () => {
  test.each<[string, object]>([
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }] }],
    ['a range that is left', { p: 1 }],
    ['a choice without tools', { tool_choice: 'REQUIRED' }],
    ['a choice in other words', { tools: [TOOL], tool_choice: 'required' }],
    ['a shape beside tools', { tools: [TOOL], response_format: { type: 'json_object' } }],
    ['a result nobody asked for', { messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] }],
    ['a temperature above one', { temperature: 1.2 }],
    ['both penalties', { frequency_penalty: 0.1, presence_penalty: 0.1 }],
    ['a tool name with a dot', { tools: [{ ...TOOL, function: { name: 'a.b' } }] }],
    ['more stop sequences than five', { stop_sequences: ['1', '2', '3', '4', '5', '6'] }],
  ])('%s', async (_what, body) => {
    const reply = await ask(body);
    expect(reply.status).toBe(400);
    expect(reply.body.message).toEqual(expect.stringContaining('invalid request'));
  });
});
