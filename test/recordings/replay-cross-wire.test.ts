// Recorded traffic through the whole gateway over HTTP, caller and provider on different wires: what the provider was recorded to
// answer is what the caller's official client reads, and what callers were recorded to ask is what the other wire takes.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { checkMessages } from '../../sim/anthropic-messages/check-messages.ts';
import { checkChat } from '../../sim/openai-chat/check-chat.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { type Difference, differences, shown } from './differences.ts';
import { Figures } from './figures.ts';
import type { Recording, Wire } from './http-recordings.ts';
import { framesOf, type RecordedAnswer, readAnswer } from './recorded-answers.ts';
import {
  askAnthropic,
  askOpenai,
  type ClientOutcome,
  modelOf,
  type ReplayGround,
  recordingsHere,
  simpleRequest,
  startReplay,
  throughGateway,
} from './replay-ground.ts';
import type { SeenRequest } from './scripted-upstream.ts';

/** One recorded answer, read by the official client of the other wire. */
interface Crossing {
  readonly recording: Recording;
  readonly read: ClientOutcome;
}

/** What a client was shown, and what it should have been, in the same words. */
interface Reading {
  readonly text: string;
  readonly reasoning: string;
  readonly tools: readonly { readonly name: string; readonly input: Json }[];
  readonly finish: string;
  readonly input: number | null;
  readonly output: number | null;
}

const recordings = recordingsHere();
const suite = recordings.length === 0 ? describe.skip : describe;
const TIME_MS = 120_000;
const figures = new Figures();

suite('recorded answers through the gateway, across wires', () => {
  let ground: ReplayGround;
  let crossings: readonly Crossing[] = [];

  beforeAll(async () => {
    ground = await startReplay(recordings.filter(isAnswer));
    crossings = await ground.replay(async (recording, lane): Promise<Crossing> => {
      const to = throughGateway(ground.gateway);
      const body = fittingRequest(recording);
      const ask = recording.wire === 'openai-chat' ? askAnthropic : askOpenai;
      const read = await ask(to, body);
      lane.take();
      return { recording, read };
    });
  }, TIME_MS);

  afterAll(async () => {
    console.log(figures.report());
    await ground.stop();
  });

  test('every answer reaches the client of the other wire whole', () => {
    const wrong: string[] = [];
    for (const { recording, read } of crossings) {
      const place = `${recording.file} ${recording.id}`;
      const failure = failureIn(recording);
      const found =
        failure === null
          ? readingDifferences(recording, read)
          : differences(failure, read.error?.message, 'error');
      wrong.push(...found.map((difference) => `${place}: ${shown(difference)}`));
      const kind = recording.response.chunked ? 'streams' : 'replies';
      figures.count(recording.file, found.length > 0 ? `${kind} WRONG` : kind);
    }
    expect(wrong).toEqual([]);
  });

  test('what has no place on the other wire is named', () => {
    for (const { recording, read } of crossings) {
      if (read.value === null) continue;
      const losses = asArray(metadataOf(read)?.losses).map(String);
      for (const loss of losses) figures.excuse(loss.replace(/\d+/g, 'n'));
      const hosted = hostedBlocks(recording);
      expect({
        id: recording.id,
        unnamed: hosted.filter((type) => !losses.some((loss) => loss.includes(type))),
      }).toEqual({ id: recording.id, unnamed: [] });
    }
  });
});

// ---- what is asked

function isAnswer({ response }: Recording): boolean {
  const body = asObject(parseJson(response.body));
  return response.status === 200 && !(isObject(body?.error) && body?.choices === undefined);
}

/** A simple call on the other wire, offering the tools that the recorded answer calls. */
function fittingRequest(recording: Recording): JsonObject {
  const { wire, response } = recording;
  const chat = wire === 'openai-chat';
  const names = [...new Set(readAnswer(recording).tools.map(({ name }) => name))];
  const schema = { type: 'object', properties: {} };
  const tools = names.map((name) =>
    chat
      ? { name, input_schema: schema }
      : { type: 'function', function: { name, parameters: schema } },
  );
  const other: Wire = chat ? 'anthropic-messages' : 'openai-chat';
  const request = simpleRequest(other, modelOf(recording), response.chunked);
  return { ...request, ...(tools.length === 0 ? {} : { tools }) };
}

// ---- what is read

function readingDifferences(recording: Recording, read: ClientOutcome): Difference[] {
  if (read.value === null) return differences(null, read.error as JsonObject | null, 'error');
  const answer = readAnswer(recording);
  const chat = recording.wire === 'openai-chat';
  const expected = chat ? asMessage(answer) : asCompletion(answer);
  const actual = chat ? readMessage(read.value) : readCompletion(read.value, read.pieces);
  return differences(expected as never, actual as never);
}

/** A recorded completion as a message: a refusal is text there, and its end says that it is one. */
function asMessage(answer: RecordedAnswer): Reading {
  const { text, refusal, reasoning, usage } = answer;
  return {
    text: text + refusal,
    reasoning,
    tools: parsedTools(answer),
    finish: stopReason(answer),
    input: usage.input ?? 0,
    output: usage.output ?? 0,
  };
}

function stopReason({ finish, tools, refusal }: RecordedAnswer): string {
  if (finish === 'length') return 'max_tokens';
  if (finish === 'content_filter') return 'refusal';
  if (tools.length > 0) return 'tool_use';
  return refusal === '' ? 'end_turn' : 'refusal';
}

/** A recorded message as a completion. */
function asCompletion(answer: RecordedAnswer): Reading {
  const { text, reasoning, usage } = answer;
  return {
    text,
    reasoning,
    tools: parsedTools(answer),
    finish: finishReason(answer),
    input: usage.input,
    output: usage.output,
  };
}

function finishReason({ finish, tools }: RecordedAnswer): string {
  if (finish === 'max_tokens' || finish === 'model_context_window_exceeded') return 'length';
  if (tools.length > 0) return 'tool_calls';
  return finish === 'refusal' ? 'content_filter' : 'stop';
}

function parsedTools({ tools }: RecordedAnswer): Reading['tools'] {
  return tools.map(({ name, arguments: text }) => ({
    name,
    input: text.trim() === '' ? {} : (parseJson(text) ?? text),
  }));
}

function readMessage(message: JsonObject): Reading {
  const blocks = asObjects(message.content);
  const joined = (type: string, member: string) =>
    blocks
      .filter((block) => block.type === type)
      .map((block) => asString(block[member]) ?? '')
      .join('');
  const usage = asObject(message.usage) ?? {};
  const count = (name: string) => asNumber(usage[name]) ?? 0;
  return {
    text: joined('text', 'text'),
    reasoning: joined('thinking', 'thinking'),
    tools: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ name, input }) => ({ name: String(name), input: input ?? null })),
    finish: asString(message.stop_reason) ?? '',
    input:
      count('input_tokens') +
      count('cache_read_input_tokens') +
      count('cache_creation_input_tokens'),
    output: count('output_tokens'),
  };
}

/** @param chunks of a stream: the client keeps only the last of a member it does not know, such as the reasoning. */
function readCompletion(completion: JsonObject, chunks: readonly Json[]): Reading {
  const choice = asObjects(completion.choices)[0] ?? {};
  const message = asObject(choice.message) ?? {};
  const deltas = chunks.map(
    (chunk) => asObject(asObjects(asObject(chunk)?.choices)[0]?.delta)?.reasoning_content,
  );
  const reasoning = chunks.length === 0 ? [message.reasoning_content] : deltas;
  const usage = asObject(completion.usage) ?? {};
  const [input, output] = [usage.prompt_tokens, usage.completion_tokens].map(asNumber);
  if (input !== undefined && output !== undefined) expect(usage.total_tokens).toBe(input + output);
  return {
    text: asString(message.content) ?? '',
    reasoning: reasoning.map((piece) => asString(piece) ?? '').join(''),
    tools: asObjects(message.tool_calls).map((call) => {
      const called = asObject(call.function) ?? {};
      return { name: String(called.name), input: parseJson(String(called.arguments)) ?? null };
    }),
    finish: asString(choice.finish_reason) ?? '',
    input: input ?? null,
    output: output ?? null,
  };
}

function metadataOf({ value, pieces }: ClientOutcome): JsonObject | undefined {
  const last = pieces.findLast((piece) => isObject(asObject(piece)?.metadata));
  return asObject(value?.metadata) ?? asObject(asObject(last)?.metadata);
}

/** The message of an error that a recorded stream breaks off with. */
function failureIn({ response }: Recording): string | null {
  if (!response.chunked) return null;
  const last = asObject(framesOf(response.body).at(-1)?.data);
  return asString(asObject(last?.error)?.message) ?? null;
}

/** Kinds of content in a recorded message that only its own wire has. */
function hostedBlocks({ wire, response }: Recording): string[] {
  if (wire === 'openai-chat') return [];
  const pieces = response.chunked
    ? framesOf(response.body).map(({ data }) => asObject(data)?.content_block)
    : asArray(asObject(parseJson(response.body))?.content);
  const plain = ['text', 'thinking', 'redacted_thinking', 'tool_use'];
  const types = pieces.map((piece) => asString(asObject(piece)?.type));
  return [...new Set(types)].filter(
    (type) => type !== undefined && !plain.includes(type),
  ) as string[];
}
