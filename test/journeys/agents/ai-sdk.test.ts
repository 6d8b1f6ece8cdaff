// Vercel's AI SDK through the gateway: each of its providers on a model that speaks another wire, with a tool loop of its own.
import { describe, test } from 'bun:test';
import type { JsonObject } from '../../../src/lib/json.ts';
import { fetchClient } from './client-cache.ts';
import { fetchedModule } from './fetched-module.ts';
import type { WireName } from './scripted-model.ts';
import {
  checkTask,
  doTask,
  type Gateway,
  type Heard,
  QUESTION,
  TOOL,
  weatherOf,
} from './weather-task.ts';

const PACKAGES = {
  ai: '7.0.173',
  '@ai-sdk/anthropic': '4.0.105',
  '@ai-sdk/openai': '4.0.118',
  '@ai-sdk/openai-compatible': '3.0.92',
  zod: '4.6.7',
};

type Model = object;
interface Step {
  readonly reasoningText: string | undefined;
  readonly finishReason: string;
  readonly toolCalls: readonly { readonly input: { readonly city: string } }[];
}
interface Settled {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly totalUsage: { readonly inputTokens: number; readonly outputTokens: number };
}
type Promised<T> = { readonly [K in keyof T]: PromiseLike<T[K]> };
interface Ai {
  generateText(options: object): Promise<Settled>;
  streamText(options: object): Promised<Settled> & { consumeStream(): Promise<void> };
  tool(options: object): object;
  jsonSchema(schema: object): object;
  isStepCount?(count: number): object;
  stepCountIs?(count: number): object;
}
interface OpenAi {
  createOpenAI(options: object): ((model: string) => Model) & { chat(model: string): Model };
}
interface AnthropicProvider {
  createAnthropic(options: object): (model: string) => Model;
}
interface Compatible {
  createOpenAICompatible(options: object): (model: string) => Model;
}

interface Way {
  readonly name: string;
  readonly wire: WireName;
  readonly losses: { readonly whole: readonly string[]; readonly streamed: readonly string[] };
  readonly showsReasoning?: boolean;
  model(gateway: Gateway): Promise<Model>;
}

const client = await fetchClient('ai-sdk', PACKAGES);
const suite = client === null ? describe.skip : describe;

function load<T>(name: keyof typeof PACKAGES): Promise<T> {
  if (client === null) throw new Error('the suite is skipped without it');
  return fetchedModule<T>(client, name);
}

/** What the library refers to by its id is put in, reasoning included. */
const UNTAKEN = 'input[n]: reasoning before a tool call is not taken back by this provider';

/** Of a model whose family is not known here: whose reasoning it is cannot be told. */
const NOT_THE_MAKERS =
  "messages[n].content[n]: reasoning dropped; it is not signed by the model's maker";

const WAYS: readonly Way[] = [
  {
    name: '@ai-sdk/openai (responses)',
    wire: 'gemini',
    // This provider and the next show what a model thinks only where they are asked to.
    showsReasoning: false,
    losses: { whole: [], streamed: [] },
    model: async ({ url, key, model }) =>
      (await load<OpenAi>('@ai-sdk/openai')).createOpenAI({ baseURL: `${url}/v1`, apiKey: key })(
        model,
      ),
  },
  {
    name: '@ai-sdk/openai-compatible',
    wire: 'openai-responses',
    showsReasoning: false,
    losses: { whole: [], streamed: [] },
    model: async ({ url, key, model }) =>
      (await load<Compatible>('@ai-sdk/openai-compatible')).createOpenAICompatible({
        name: 'switchyard',
        baseURL: `${url}/v1`,
        apiKey: key,
        includeUsage: true,
      })(model),
  },
  {
    name: '@ai-sdk/anthropic',
    wire: 'bedrock-converse',
    losses: {
      whole: [NOT_THE_MAKERS],
      streamed: [
        NOT_THE_MAKERS,
        'tools[n].eager_input_streaming: dropped; only anthropic-messages has it',
      ],
    },
    model: async ({ url, key, model }) =>
      (await load<AnthropicProvider>('@ai-sdk/anthropic')).createAnthropic({
        baseURL: `${url}/v1`,
        apiKey: key,
      })(model),
  },
  {
    name: '@ai-sdk/openai (chat)',
    wire: 'anthropic-messages',
    // Chat Completions as its maker has it shows no reasoning, and this library follows its maker.
    showsReasoning: false,
    losses: { whole: [], streamed: [] },
    model: async ({ url, key, model }) =>
      (await load<OpenAi>('@ai-sdk/openai'))
        .createOpenAI({ baseURL: `${url}/v1`, apiKey: key })
        .chat(model),
  },
  {
    name: '@ai-sdk/openai (responses)',
    wire: 'anthropic-messages',
    losses: { whole: [], streamed: [] },
    model: async ({ url, key, model }) =>
      (await load<OpenAi>('@ai-sdk/openai')).createOpenAI({ baseURL: `${url}/v1`, apiKey: key })(
        model,
      ),
  },
  {
    name: '@ai-sdk/openai (responses)',
    wire: 'openai-chat',
    losses: { whole: [UNTAKEN], streamed: [UNTAKEN] },
    model: async ({ url, key, model }) =>
      (await load<OpenAi>('@ai-sdk/openai')).createOpenAI({ baseURL: `${url}/v1`, apiKey: key })(
        model,
      ),
  },
  {
    name: '@ai-sdk/openai-compatible',
    wire: 'anthropic-messages',
    // The library keeps the text of the reasoning and not what signs it: the gateway puts that back.
    losses: { whole: [], streamed: [] },
    model: async ({ url, key, model }) =>
      (await load<Compatible>('@ai-sdk/openai-compatible')).createOpenAICompatible({
        name: 'switchyard',
        baseURL: `${url}/v1`,
        apiKey: key,
        includeUsage: true,
      })(model),
  },
  {
    name: '@ai-sdk/anthropic',
    wire: 'openai-chat',
    losses: {
      whole: ['messages[n]: reasoning before a tool call is not taken back by this provider'],
      // Streamed reasoning that is not signed the library itself leaves out.
      streamed: [
        'tools[n].eager_input_streaming: a field of anthropic-messages that has no counterpart here',
      ],
    },
    model: async ({ url, key, model }) =>
      (await load<AnthropicProvider>('@ai-sdk/anthropic')).createAnthropic({
        baseURL: `${url}/v1`,
        apiKey: key,
      })(model),
  },
];

async function converse(model: Model, stream: boolean): Promise<Heard> {
  const ai = await load<Ai>('ai');
  const cities: string[] = [];
  const options = {
    model,
    prompt: QUESTION,
    maxRetries: 0,
    stopWhen: (ai.isStepCount ?? ai.stepCountIs)?.(5),
    tools: {
      [TOOL.name]: ai.tool({
        description: TOOL.description,
        inputSchema: ai.jsonSchema(TOOL.schema),
        execute: async ({ city }: JsonObject) => {
          cities.push(String(city));
          return weatherOf(String(city));
        },
      }),
    },
  };
  const { text, steps, totalUsage } = stream
    ? await settled(ai.streamText(options))
    : await ai.generateText(options);
  return {
    text,
    reasoning: steps.map(({ reasoningText }) => reasoningText ?? '').join(''),
    cities,
    ends: steps.map(({ finishReason }) => finishReason),
    input: totalUsage.inputTokens,
    output: totalUsage.outputTokens,
  };
}

async function settled(result: ReturnType<Ai['streamText']>): Promise<Settled> {
  await result.consumeStream();
  return {
    text: await result.text,
    steps: await result.steps,
    totalUsage: await result.totalUsage,
  };
}

suite('the AI SDK', () => {
  for (const way of WAYS)
    for (const stream of [false, true])
      test(`${stream ? 'streamText' : 'generateText'} with ${way.name} on ${way.wire}`, async () => {
        const done = await doTask(way.wire, async (gateway) =>
          converse(await way.model(gateway), stream),
        );
        const losses = stream ? way.losses.streamed : way.losses.whole;
        checkTask(done, { ...way, losses, ends: ['tool-calls', 'stop'] });
      });
});
