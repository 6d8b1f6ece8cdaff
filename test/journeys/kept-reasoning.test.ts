// Clients that send back nothing but role, content and tool calls: what models thought before their calls comes back to them
// all the same, each its own, on the same wire and across wires; for one key and user only, as long as it is kept.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { thoughtPieces } from '../../sim/tokens.ts';
import { GATEWAY_ACTOR } from '../../src/core/actor.ts';
import { asArray, asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { askAnthropic, askOpenAi, type Extended } from './four-ways.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

type Turn = OpenAI.ChatCompletionMessageParam;
type Message = OpenAI.ChatCompletionMessage;

const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    },
  },
};
const TOOL: Anthropic.Tool = {
  name: 'weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const QUESTION: Turn = { role: 'user', content: 'Is it raining?' };

let sim: Sim;
let gateway: GatewayUnderTest;
let dataDir: string;
let now: number;

const yaml = () => `
providers:
  deep: { dialect: openai-chat, base_url: "${sim.urlWith('wants=reasoning+reasoning=6')}", api_key: k, quirks: { reasoningField: reasoning_content, reasoningReplay: required } }
  gem: { dialect: openai-chat, base_url: "${sim.urlWith('wants=extra')}", api_key: k, quirks: { callExtras: true, callExtrasStandIn: { google: { thought_signature: skip_thought_signature_validator } } } }
  plain: { dialect: openai-chat, base_url: "${sim.urlWith('strict')}", api_key: k }
  resp: { dialect: openai-responses, base_url: "${sim.url}", api_key: k }
  gemini3: { dialect: gemini, base_url: "${sim.url}", api_key: k }
  bedrock: { base_url: "${sim.url}", api_key: k }
  cohere: { base_url: "${sim.url}", api_key: k }
  claude: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k }
`;
const start = () => startGateway(yaml(), {}, { dataDir, now: () => now });

beforeAll(() => {
  sim = startSim({ seed: 1 });
});
afterAll(() => sim.stop());
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  now = Date.now();
  sim.clear();
  gateway = await start();
});
afterEach(async () => {
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** What many clients keep of an answer. */
function stripped({ content, tool_calls }: Message): OpenAI.ChatCompletionAssistantMessageParam {
  const calls = (tool_calls ?? []).flatMap((call) =>
    call.type === 'function'
      ? [{ id: call.id, type: call.type, function: { ...call.function } }]
      : [],
  );
  return { role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

function results({ tool_calls }: Message): Turn[] {
  return (tool_calls ?? []).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'Yes.' }));
}

const more = (model: string): object =>
  model.startsWith('claude/') ? { reasoning_effort: 'medium', max_tokens: 4000 } : {};

async function ask(
  model: string,
  messages: Turn[],
  stream = false,
  extra: object = {},
  key?: string,
) {
  const body: Extended<Parameters<typeof askOpenAi>[1]> = {
    model,
    messages,
    tools: [WEATHER],
    ...more(model),
    ...extra,
  };
  const told = await askOpenAi(gateway.openai(key), body, stream);
  const [choice] = told.reply.choices;
  if (!choice) throw new Error('an answer has a choice');
  return { ...told, message: choice.message };
}

/** The messages of the latest request a provider got. */
function sent(): readonly JsonObject[] {
  return asObjects(asObject(parseJson(sim.requests.at(-1)?.body ?? ''))?.messages);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it was answered');
}

/** What the simulated model thinks, so many tokens of it. */
function thought(tokens: number): string {
  return thoughtPieces(tokens).join('');
}

async function newKey(name: string): Promise<string> {
  const { secret } = await gateway.gateway.keys.create({ name, role: 'inference' }, GATEWAY_ACTOR);
  return secret;
}

describe('a maker that insists on its reasoning', () => {
  for (const stream of [false, true]) {
    test(`gets it back on its own wire, and not a byte else, ${stream ? 'streamed' : 'whole'}`, async () => {
      const first = await ask('deep/echo+tools=1', [QUESTION], stream);
      const turn = stripped(first.message);
      const conversation = [QUESTION, turn, ...results(first.message)];
      const second = await ask('deep/echo', conversation, stream);
      expect(second.message.content).toContain('weather returned: Yes.');
      expect(second.metadata.restored).toEqual([
        'messages[1]: the reasoning before its tool calls',
      ]);
      expect(second.metadata.losses).toEqual([]);
      const [question, assistant, result] = sent();
      const { reasoning_content: back, ...rest } = assistant ?? {};
      expect(back).toBe(thought(6));
      expect([question, rest, result]).toEqual(conversation as unknown as JsonObject[]);
    });
  }

  test('keeps getting it for every turn of a longer loop, and a call without tools is left alone', async () => {
    const messages: Turn[] = [QUESTION];
    for (let round = 0; round < 3; round++) {
      const { message } = await ask('deep/echo+tools=1', messages);
      expect(message.tool_calls).toHaveLength(1);
      messages.push(stripped(message), ...results(message));
      const { message: answer } = await ask('deep/echo', messages);
      messages.push(stripped(answer), { role: 'user', content: `And ${round}?` });
    }
    const turns = sent().filter(({ tool_calls }) => tool_calls !== undefined);
    expect(turns).toHaveLength(3);
    for (const turn of turns) expect(turn.reasoning_content).toBeString();
    const { metadata } = await ask('deep/echo', [QUESTION]);
    expect(metadata.restored).toBeUndefined();
  });

  test('what the client does send back stays as it is', async () => {
    const first = await ask('deep/echo+tools=1', [QUESTION]);
    const turn = { ...stripped(first.message), reasoning_content: 'My own words.' };
    const { metadata } = await ask('deep/echo', [QUESTION, turn, ...results(first.message)]);
    expect(metadata.restored).toBeUndefined();
    expect(sent()[1]?.reasoning_content).toBe('My own words.');
  });

  test('gets the state of its calls back where it has any', async () => {
    for (const stream of [false, true]) {
      const first = await ask('gem/echo+tools=2', [QUESTION], stream);
      const turn = stripped(first.message);
      const second = await ask('gem/echo', [QUESTION, turn, ...results(first.message)], stream);
      expect(second.message.content).toContain('weather returned: Yes.');
      expect(second.metadata.restored).toEqual([
        'messages[1]: the reasoning before its tool calls',
      ]);
      const calls = asObjects(sent()[1]?.tool_calls);
      expect(calls.map((call) => call.extra_content !== undefined)).toEqual([true, false]);
      // Its own, not what stands in for another's.
      expect(JSON.stringify(calls)).not.toContain('skip_thought_signature_validator');
      expect(calls.map(({ extra_content: _, ...call }) => call)).toEqual(
        (turn.tool_calls ?? []) as unknown as JsonObject[],
      );
    }
  });

  test('gets it from an Anthropic client that dropped its thinking', async () => {
    const client = gateway.anthropic();
    for (const model of ['deep/echo', 'gem/echo']) {
      const question: Anthropic.MessageParam = { role: 'user', content: 'Is it raining?' };
      const body = { model: `${model}+tools=1`, max_tokens: 1000, tools: [TOOL] };
      const first = await askAnthropic(client, { ...body, messages: [question] }, true);
      const content = first.reply.content.filter(({ type }) => type === 'tool_use');
      const answer: Anthropic.ToolResultBlockParam[] = content.flatMap((block) =>
        block.type === 'tool_use'
          ? [{ type: 'tool_result', tool_use_id: block.id, content: 'Yes.' }]
          : [],
      );
      const messages: Anthropic.MessageParam[] = [
        question,
        { role: 'assistant', content },
        { role: 'user', content: answer },
      ];
      const second = await askAnthropic(client, { ...body, model, messages }, false);
      expect(second.metadata.losses).toEqual([]);
      expect(second.metadata.restored).toHaveLength(1);
    }
  });
});

describe('Claude, whose thinking is signed', () => {
  for (const stream of [false, true]) {
    test(`gets it back from an OpenAI client that knows no thinking, ${stream ? 'streamed' : 'whole'}`, async () => {
      const first = await ask('claude/echo+tools=2+preface+redacted', [QUESTION], stream);
      expect(first.message.tool_calls).toHaveLength(2);
      const second = await ask(
        'claude/echo',
        [QUESTION, stripped(first.message), ...results(first.message)],
        stream,
      );
      expect(second.metadata.restored).toHaveLength(1);
      expect(second.metadata.losses).toEqual([]);
      const types = asObjects(sent()[1]?.content).map(({ type }) => type);
      expect(types).toEqual(['thinking', 'redacted_thinking', 'text', 'tool_use', 'tool_use']);
    });
  }

  test('gets its signature back where the client kept the text alone', async () => {
    const first = await ask('claude/echo+tools=1', [QUESTION]);
    const { reasoning_content } = asObject(first.message) ?? {};
    const turn = { ...stripped(first.message), reasoning_content };
    const second = await ask('claude/echo', [QUESTION, turn as Turn, ...results(first.message)]);
    expect(second.metadata.losses).toEqual([]);
    const blocks = asObjects(sent()[1]?.content);
    expect(blocks.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    expect(blocks[0]?.thinking).toBe(reasoning_content);
  });

  test('on its own wire gets it for the open tool loop, and only while thinking is on', async () => {
    const client = gateway.anthropic();
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const body = { max_tokens: 4000, tools: [TOOL], thinking };
    const messages: Anthropic.MessageParam[] = [];
    /** One question with one tool call, as a client plays it that keeps no thinking. */
    const play = async (question: string) => {
      messages.push({ role: 'user', content: question });
      const model = 'claude/echo+tools=1';
      const { reply } = await askAnthropic(client, { ...body, model, messages }, false);
      const content = reply.content.filter(({ type }) => type === 'tool_use');
      messages.push({ role: 'assistant', content });
      const [call] = content;
      if (call?.type !== 'tool_use') throw new Error('a tool was offered');
      const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'Yes.' };
      messages.push({ role: 'user', content: [result] });
    };
    await play('Is it raining?');
    const closing = await askAnthropic(client, { ...body, model: 'claude/echo', messages }, true);
    expect(closing.metadata.restored).toEqual(['messages[1]: the reasoning before its tool calls']);
    const text = closing.reply.content.filter(({ type }) => type === 'text');
    messages.push({ role: 'assistant', content: text });
    await play('And now?');
    const last = await askAnthropic(client, { ...body, model: 'claude/echo', messages }, false);
    // The first loop is over.
    expect(last.metadata.restored).toEqual(['messages[5]: the reasoning before its tool calls']);
    const off = { max_tokens: 4000, tools: [TOOL], model: 'claude/echo', messages };
    const unthinking = await askAnthropic(client, off, false);
    expect(unthinking.metadata.restored).toBeUndefined();
    expect(sent() as readonly unknown[]).toEqual(messages);
  });
});

describe('a model whose reasoning is encrypted', () => {
  const TOOLS: OpenAI.Responses.FunctionTool[] = [
    {
      type: 'function',
      name: 'weather',
      strict: null,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ];
  const input = () => asObjects(asObject(parseJson(sim.requests.at(-1)?.body ?? ''))?.input);

  for (const stream of [false, true]) {
    test(`gets its items back on its own wire where nothing is stored, ${stream ? 'streamed' : 'whole'}`, async () => {
      const { responses } = gateway.openai();
      const body = {
        tools: TOOLS,
        store: false,
        include: ['reasoning.encrypted_content' as const],
        reasoning: { effort: 'medium' as const },
      };
      const question = { role: 'user' as const, content: 'Is it raining?' };
      const ask = async (model: string, items: OpenAI.Responses.ResponseInput) =>
        stream
          ? responses.stream({ ...body, model, input: items, stream: true }).finalResponse()
          : responses.create({ ...body, model, input: items });
      const first = await ask('resp/echo+tools=2', [question]);
      const calls = first.output.flatMap((item) =>
        item.type === 'function_call'
          ? [{ type: item.type, call_id: item.call_id, name: item.name, arguments: item.arguments }]
          : [],
      );
      const conversation = [
        question,
        ...calls,
        ...calls.map(({ call_id }) => ({
          type: 'function_call_output' as const,
          call_id,
          output: 'Yes.',
        })),
      ];
      const second = await ask('resp/echo', conversation);
      expect(second.output_text).toContain('weather returned: Yes.');
      expect(asObject(asObject(second)?.gateway_metadata)?.restored).toEqual([
        'input[1]: the reasoning before its tool calls',
      ]);
      const [asked, thought, ...rest] = input();
      expect([asked, ...rest] as readonly unknown[]).toEqual(conversation);
      const made = asObject(first.output.find((item) => item.type === 'reasoning'));
      expect(thought).toMatchObject({
        type: 'reasoning',
        id: made?.id,
        encrypted_content: made?.encrypted_content,
      });
    });
  }

  test('gets them across wires, from a client that knows none', async () => {
    const first = await ask('resp/echo+tools=1', [QUESTION], false, { reasoning_effort: 'medium' });
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    const second = await ask('resp/echo', conversation, true, { reasoning_effort: 'medium' });
    expect(second.metadata.restored).toHaveLength(1);
    expect(input().map(({ type }) => type)).toEqual([
      'message',
      'reasoning',
      'function_call',
      'function_call_output',
    ]);
  });
});

describe('makers on wires of their own', () => {
  const STATE: { readonly [model: string]: string } = {
    'gemini3/gemini-3-echo': 'thoughtSignature',
    'bedrock/anthropic.claude-opus-4-5-v1:0': 'reasoningContent',
    'cohere/command-a-reasoning': '"thinking":',
  };
  for (const [model, state] of Object.entries(STATE)) {
    for (const stream of [false, true]) {
      test(`${model} gets its own back, ${stream ? 'streamed' : 'whole'}`, async () => {
        const thinking = { reasoning_effort: 'medium', max_tokens: 4000 };
        const first = await ask(`${model}+tools=2+reasoning=6`, [QUESTION], stream, thinking);
        expect(first.message.tool_calls).toHaveLength(2);
        const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
        const second = await ask(model, conversation, stream, thinking);
        expect(second.message.content).toContain('weather returned: Yes.');
        expect(second.metadata.restored).toEqual([
          'messages[1]: the reasoning before its tool calls',
        ]);
        expect(second.metadata.losses).toEqual([...first.metadata.losses]);
        const { body } = sim.requests.at(-1) ?? { body: '' };
        expect(body).toContain(state);
        expect(body).not.toContain('skip_thought_signature_validator');
      });
    }
  }
});

describe('a conversation that moves', () => {
  test('from one maker to another and back finds each one its own', async () => {
    const messages: Turn[] = [QUESTION];
    const round = async (model: string) => {
      const { message, metadata } = await ask(`${model}+tools=1`, messages);
      messages.push(stripped(message), ...results(message));
      messages.push(
        { role: 'assistant', content: 'It is.' },
        { role: 'user', content: 'And now?' },
      );
      return metadata;
    };
    await round('claude/echo');
    await round('deep/echo');
    await round('gem/echo');
    const back = await ask('claude/echo', messages);
    expect(back.metadata.losses).toEqual([]);
    expect(back.metadata.restored).toEqual(['messages[1]: the reasoning before its tool calls']);
    const thinking = sent().map(
      ({ content }) =>
        asArray(content).filter((block) => asObject(block)?.type === 'thinking').length,
    );
    expect(thinking.filter((count) => count > 0)).toEqual([1]);
    const { metadata } = await ask('deep/echo', messages);
    // Text may go to a maker that wants some; the third made none.
    expect(metadata.restored).toEqual([
      'messages[1]: the reasoning before its tool calls',
      'messages[5]: the reasoning before its tool calls',
      'messages[9]: a blank for the reasoning before its tool calls; none is known',
    ]);
  });

  test('to one that takes no reasoning brings none, loses nothing and passes untouched', async () => {
    const first = await ask('deep/echo+tools=1', [QUESTION]);
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    const second = await ask('plain/echo', conversation, false, { strict: true });
    expect(second.metadata.restored).toBeUndefined();
    expect(sent() as readonly unknown[]).toEqual(conversation);
  });
});

describe('what is kept is kept for one', () => {
  /** Asks on, and tells what stood for the reasoning. */
  const goingOn = async (conversation: Turn[], extra: object = {}, key?: string) => {
    const { metadata } = await ask('deep/echo', conversation, false, extra, key);
    return [sent()[1]?.reasoning_content, metadata.restored?.[0]];
  };
  const OWN = [thought(6), 'messages[1]: the reasoning before its tool calls'];
  const NONE = [' ', 'messages[1]: a blank for the reasoning before its tool calls; none is known'];

  test('key', async () => {
    const [mine, other] = [await newKey('mine'), await newKey('other')];
    const first = await ask('deep/echo+tools=1', [QUESTION], false, {}, mine);
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    expect(await goingOn(conversation, {}, other)).toEqual(NONE);
    expect(await goingOn(conversation, {}, mine)).toEqual(OWN);
  });

  test('end user', async () => {
    const first = await ask('deep/echo+tools=1', [QUESTION], false, { user: 'ann' });
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    expect(await goingOn(conversation, { user: 'bob' })).toEqual(NONE);
    expect(await goingOn(conversation)).toEqual(NONE);
    expect(await goingOn(conversation, { user: 'ann' })).toEqual(OWN);
  });

  test('day, by default', async () => {
    const first = await ask('deep/echo+tools=1', [QUESTION]);
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    now += 24 * 3_600_000 - 1;
    expect(await goingOn(conversation)).toEqual(OWN);
    now += 1;
    expect(await goingOn(conversation)).toEqual(NONE);
  });

  test('model that thinks: where thinking is off nothing stands for what nobody thought', async () => {
    const first = await ask('plain/echo+tools=1', [QUESTION]);
    const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
    const off = ask('deep/echo', conversation, false, { thinking: { type: 'disabled' } });
    expect(await refusal(off)).toContain('must be passed back');
    expect(sent() as readonly unknown[]).toEqual(conversation);
  });
});

test('a restart forgets nothing', async () => {
  const first = await ask('deep/echo+tools=1', [QUESTION]);
  const conversation = [QUESTION, stripped(first.message), ...results(first.message)];
  await gateway.stop();
  gateway = await start();
  const { metadata } = await ask('deep/echo', conversation);
  expect(metadata.restored).toHaveLength(1);
  expect(gateway.logged).toEqual([]);
});
