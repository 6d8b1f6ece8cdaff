// LangChain.js through the gateway: its OpenAI and Anthropic models on providers that speak another wire, whole and streamed.
import { describe, test } from 'bun:test';
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
  '@langchain/anthropic': '1.5.11',
  '@langchain/core': '1.2.13',
  '@langchain/openai': '1.6.0',
};

interface Message {
  readonly text: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly args: { readonly city: string };
  }[];
  readonly contentBlocks: readonly { readonly type: string; readonly reasoning?: string }[];
  readonly usage_metadata?: { readonly input_tokens: number; readonly output_tokens: number };
  readonly response_metadata: { readonly [field: string]: unknown };
  concat?(more: Message): Message;
}
interface Bound {
  invoke(messages: readonly object[]): Promise<Message>;
  stream(messages: readonly object[]): Promise<AsyncIterable<Message>>;
}
interface Model {
  bindTools(tools: readonly object[]): Bound;
}
interface Constructor {
  new (options: object): Model;
}
interface Way {
  readonly name: string;
  readonly wire: WireName;
  readonly ends: readonly string[];
  readonly losses: readonly string[];
  readonly showsReasoning?: boolean;
  /** False where it looks for the input’s count only where a stream begins: an estimate, on another wire. */
  seesInput?(stream: boolean): boolean;
  model(gateway: Gateway): Promise<Model>;
}

const client = await fetchClient('langchain', PACKAGES);
const suite = client === null ? describe.skip : describe;

function load<T>(name: string): Promise<T> {
  if (client === null) throw new Error('the suite is skipped without it');
  return fetchedModule<T>(client, name);
}

async function chatOpenAi({ url, key, model }: Gateway, more: object): Promise<Model> {
  const { ChatOpenAI } = await load<{ readonly ChatOpenAI: Constructor }>('@langchain/openai');
  return new ChatOpenAI({
    model,
    apiKey: key,
    maxRetries: 0,
    streamUsage: true,
    configuration: { baseURL: `${url}/v1` },
    ...more,
  });
}

const WAYS: readonly Way[] = [
  {
    name: 'ChatOpenAI',
    wire: 'cohere',
    ends: ['tool_calls', 'stop'],
    losses: [],
    showsReasoning: false,
    model: (gateway) => chatOpenAi(gateway, {}),
  },
  {
    name: 'ChatOpenAI',
    wire: 'anthropic-messages',
    ends: ['tool_calls', 'stop'],
    losses: [],
    showsReasoning: false,
    model: (gateway) => chatOpenAi(gateway, {}),
  },
  {
    name: 'ChatOpenAI (responses)',
    wire: 'anthropic-messages',
    ends: ['', ''],
    losses: [],
    model: (gateway) => chatOpenAi(gateway, { useResponsesApi: true }),
  },
  {
    name: 'ChatAnthropic',
    wire: 'openai-chat',
    ends: ['tool_use', 'end_turn'],
    losses: ['messages[n]: reasoning before a tool call is not taken back by this provider'],
    seesInput: (stream) => !stream,
    async model({ url, key, model }) {
      const { ChatAnthropic } = await load<{ readonly ChatAnthropic: Constructor }>(
        '@langchain/anthropic',
      );
      return new ChatAnthropic({
        model,
        apiKey: key,
        maxRetries: 0,
        maxTokens: 4000,
        anthropicApiUrl: url,
      });
    },
  },
];

async function converse(model: Model, stream: boolean): Promise<Heard> {
  const { HumanMessage, ToolMessage } = await load<{
    readonly HumanMessage: new (text: string) => object;
    readonly ToolMessage: new (fields: object) => object;
  }>('@langchain/core/messages');
  const bound = model.bindTools([TOOL]);
  const messages: object[] = [new HumanMessage(QUESTION)];
  const replies: Message[] = [];
  const cities: string[] = [];
  for (;;) {
    const reply = stream
      ? await joined(await bound.stream(messages))
      : await bound.invoke(messages);
    replies.push(reply);
    messages.push(reply);
    const calls = reply.tool_calls ?? [];
    if (calls.length === 0) break;
    for (const { id, args } of calls) {
      cities.push(args.city);
      messages.push(new ToolMessage({ tool_call_id: id, content: weatherOf(args.city) }));
    }
  }
  const used = (kind: 'input_tokens' | 'output_tokens') =>
    replies.reduce((sum, { usage_metadata }) => sum + (usage_metadata?.[kind] ?? 0), 0);
  return {
    text: replies.at(-1)?.text ?? '',
    reasoning: replies
      .flatMap(({ contentBlocks }) => contentBlocks.map(({ reasoning }) => reasoning ?? ''))
      .join(''),
    cities,
    ends: replies.map(endOf),
    input: used('input_tokens'),
    output: used('output_tokens'),
  };
}

async function joined(stream: AsyncIterable<Message>): Promise<Message> {
  const pieces: Message[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces.reduce((whole, piece) => whole.concat?.(piece) ?? whole);
}

function endOf({ response_metadata, ...rest }: Message): string {
  const more = (rest as { readonly additional_kwargs?: { readonly stop_reason?: string } })
    .additional_kwargs;
  const { finish_reason, stop_reason } = response_metadata;
  return String(finish_reason ?? stop_reason ?? more?.stop_reason ?? '');
}

suite('LangChain', () => {
  for (const way of WAYS)
    for (const stream of [false, true])
      test(`${stream ? 'stream' : 'invoke'} of ${way.name} on ${way.wire}`, async () => {
        const done = await doTask(way.wire, async (gateway) =>
          converse(await way.model(gateway), stream),
        );
        checkTask(done, { ...way, seesInput: way.seesInput?.(stream) ?? true });
      });
});
