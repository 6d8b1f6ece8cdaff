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
import { streamBreaks } from '../contracts/messages-stream-law.ts';
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
import type { ScriptedResponse, SeenRequest } from './scripted-upstream.ts';

/** One recorded answer, read by the official client of the other wire. */
interface Crossing {
  readonly recording: Recording;
  readonly read: ClientOutcome;
  /** The same answer as it came over HTTP. */
  readonly text: string;
}

/** What a client was shown, and what it should have been, in the same words. */
interface Reading {
  readonly text: string;
  readonly reasoning: string;
  readonly tools: readonly { readonly name: string; readonly input: Json }[];
  readonly finish: string;
  readonly input: number | null;
  readonly output: number | null;
  /** The addresses cited, in order; null where the client's wire has no citations of this kind. */
  readonly cited: readonly string[] | null;
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
      const path = recording.wire === 'openai-chat' ? '/v1/messages' : '/v1/chat/completions';
      const text = await (await ground.gateway.post(path, body)).text();
      lane.take();
      return { recording, read, text };
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
          : differences(true, read.error?.message.includes(failure) ?? false, `says "${failure}"`);
      wrong.push(...found.map((difference) => `${place}: ${shown(difference)}`));
      const kind = recording.response.chunked ? 'streams' : 'replies';
      figures.count(recording.file, found.length > 0 ? `${kind} WRONG` : kind);
    }
    expect(wrong).toEqual([]);
  });

  test('every stream is a lawful one of the other wire', () => {
    let lawful = 0;
    for (const { recording, text } of crossings) {
      if (!recording.response.chunked || failureIn(recording) !== null) continue;
      const breaks = recording.wire === 'openai-chat' ? streamBreaks(text) : chunkBreaks(text);
      expect({ id: recording.id, breaks }).toEqual({ id: recording.id, breaks: [] });
      lawful += 1;
    }
    expect(lawful).toBeGreaterThan(300);
  });

  test('there is something to compare of every kind', () => {
    const answers = crossings.map(({ recording }) => readAnswer(recording));
    const count = (has: (answer: RecordedAnswer) => boolean) => answers.filter(has).length;
    const counts = {
      texts: count(({ text }) => text !== ''),
      calls: count(({ tools }) => tools.length > 0),
      parallelCalls: count(({ tools }) => tools.length > 1),
      reasoning: count(({ reasoning }) => reasoning !== ''),
      refusals: count(({ refusal }) => refusal !== ''),
      cited: count(({ cited }) => cited.length > 0),
      cacheReads: count(({ usage }) => (usage.cacheRead ?? 0) > 0),
    };
    console.log(`across wires: ${crossings.length} answers, ${JSON.stringify(counts)}`);
    for (const [kind, found] of Object.entries(counts))
      expect([kind, found > 0]).toEqual([kind, true]);
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

  test(
    'every recorded request, sent to the other wire, is one its maker takes, and says the same',
    async () => {
      const wrong: string[] = [];
      const asked = recordings.filter(
        ({ request, response }) => request && response.status === 200,
      );
      for (const recording of asked) {
        const { provider, response } = OTHER_SIDE[recording.wire];
        const lane = ground.upstream.lane(provider.id);
        lane.play(response);
        const chat = recording.wire === 'openai-chat';
        const path = chat ? '/v1/chat/completions' : '/v1/messages';
        const asked = withoutAddresses(recording.request ?? {});
        const body = { ...asked, model: `${provider.id}/${provider.model}` };
        const reply = await ground.gateway.post(path, body);
        const text = await reply.text();
        const problems = translationProblems(recording, lane.take(), reply.status, text);
        const place = `${recording.file} ${recording.id}`;
        wrong.push(...problems.map((problem) => `${place}: ${problem}`));
        figures.count(recording.file, problems.length > 0 ? 'requests WRONG' : 'requests');
      }
      expect(wrong).toEqual([]);
    },
    TIME_MS,
  );
});

/** Where the callers of a wire are sent, and what they are told there. */
const OTHER_SIDE = {
  'openai-chat': {
    provider: { id: 'anthropic', model: 'claude-sonnet-4-6' },
    response: whole({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-6',
      content: [{ type: 'text', text: 'Yes.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 2 },
    }),
  },
  'anthropic-messages': {
    // Its successors take tools on another wire while they think.
    provider: { id: 'openai', model: 'gpt-5.1' },
    response: whole({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-5.1',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }),
  },
} as const satisfies { readonly [W in Wire]: unknown };

function whole(body: JsonObject): ScriptedResponse {
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify(body), chunked: false };
}

/** Files by URL are fetched for a wire that takes only bytes; there is nobody to fetch them from here, so a few bytes stand for them. */
function withoutAddresses(request: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(request), (_, value: Json) =>
    isObject(value) && value.type === 'document' && asObject(value.source)?.type === 'url'
      ? { ...value, source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } }
      : value,
  ) as JsonObject;
}

/** What is wrong with a request as it reached the other wire. */
function translationProblems(
  recording: Recording,
  seen: readonly SeenRequest[],
  status: number,
  text: string,
): string[] {
  const request = recording.request ?? {};
  const sent = asObject(parseJson(seen[0]?.body ?? ''));
  if (status !== 200 || sent === undefined) return [`answered ${status}: ${text.slice(0, 300)}`];
  const chat = recording.wire === 'openai-chat';
  const refused = chat ? checkMessages(sent, true, false) : checkChat(sent, true);
  // The check knows only the signatures of the simulated model; a real one has to arrive as it was.
  const signed = refused?.message.includes('Invalid `signature`') === true;
  if (!text.includes('Yes.')) return [`was told ${text.slice(0, 300)}`];
  const losses = lossesIn(text);
  for (const loss of losses) figures.excuse(loss.replace(/\d+/g, 'n'));
  const said = stringsIn([sent.messages ?? null, sent.system ?? null]).join('\n');
  const silent = textsIn(request).filter((piece) => !said.includes(piece));
  const offered = toolNames(request, recording.wire);
  const got = toolNames(sent, chat ? 'anthropic-messages' : 'openai-chat');
  return [
    ...(refused === null || signed ? [] : [`refused: ${refused.message}`]),
    ...signaturesIn(request)
      .filter((signature) => signed && !said.includes(signature))
      .map(() => 'a signature did not arrive as it was'),
    ...limitProblems(request, sent, losses),
    ...silent.map((piece) => `does not say ${JSON.stringify(piece.slice(0, 80))}`),
    ...differences(offered, got, 'tools').map(shown),
  ];
}

function lossesIn(text: string): string[] {
  const whole = asObject(parseJson(text));
  const frames = whole ? [whole] : framesOf(text).map(({ data }) => asObject(data) ?? {});
  return frames.flatMap(({ metadata }) => asArray(asObject(metadata)?.losses).map(String));
}

/** Signatures of the kind the target's own maker writes. */
function signaturesIn(request: JsonObject): string[] {
  return asObjects(request.messages)
    .flatMap((message) => asObjects(message.reasoning_details))
    .flatMap(({ signature }) => asString(signature) ?? []);
}

/** How long the answer may be, and whether it is streamed, carry over from either wire to the other. */
function limitProblems(request: JsonObject, sent: JsonObject, losses: readonly string[]): string[] {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  const got = sent.max_completion_tokens ?? sent.max_tokens;
  const limited =
    asked === undefined || asked === null || losses.some((loss) => loss.startsWith('max_tokens'));
  return [
    ...(limited ? [] : differences(asked, got, 'max_tokens')),
    ...differences(request.stream === true, sent.stream === true, 'stream'),
  ].map(shown);
}

/** The caller's own tools, by name. */
function toolNames({ tools, functions }: JsonObject, wire: Wire): string[] {
  const list = [...asObjects(tools), ...asObjects(functions)];
  const names = list.map((tool) => {
    if (wire === 'openai-chat') return asObject(tool.function)?.name ?? tool.name;
    return tool.input_schema === undefined ? undefined : tool.name;
  });
  return names.filter((name) => typeof name === 'string');
}

/** Every text a caller wrote into its messages, and its calls' answers. */
function textsIn({ messages, system }: JsonObject): string[] {
  const contents = [...asObjects(messages).map(({ content }) => content), system];
  return contents.flatMap((content) => contentTexts(content)).filter((text) => text.trim() !== '');
}

function contentTexts(content: Json | undefined): string[] {
  if (typeof content === 'string') return [content];
  return asObjects(content).flatMap((part) => {
    if (part.type === 'text') return [asString(part.text) ?? ''];
    return part.type === 'tool_result' ? contentTexts(part.content) : [];
  });
}

/** All strings in a value. */
function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isObject(value) ? Object.values(value).flatMap((member) => stringsIn(member ?? null)) : [];
}

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

/** What is wrong with a stream of chunks: one role, one end, then usage, metadata with the last, [DONE]. */
function chunkBreaks(text: string): string[] {
  const frames = framesOf(text).map(({ data }) => data);
  const chunks = frames.slice(0, -1).map((data) => asObject(data) ?? {});
  const choices = chunks.map((chunk) => asObjects(chunk.choices));
  const ends = choices.flatMap((list, at) => (list[0]?.finish_reason ? [at] : []));
  const roles = choices.flatMap((list, at) => (asObject(list[0]?.delta)?.role ? [at] : []));
  const carriers = chunks.flatMap((chunk, at) => (chunk.metadata === undefined ? [] : [at]));
  const usages = chunks.flatMap((chunk, at) => (isObject(chunk.usage) ? [at] : []));
  const last = chunks.length - 1;
  return [
    ...(frames.at(-1) === '[DONE]' ? [] : ['does not end with [DONE]']),
    ...(roles.join() === '0' ? [] : [`roles at ${roles}`]),
    ...(ends.length === 1 && (ends[0] ?? 0) >= last - 1 ? [] : [`ends at ${ends} of ${last}`]),
    ...(carriers.join() === `${last}` ? [] : [`metadata at ${carriers} of ${last}`]),
    ...(usages.join() === `${last}` ? [] : [`usage at ${usages} of ${last}`]),
    ...(new Set(chunks.map(({ id }) => id)).size === 1 ? [] : ['has several ids']),
  ];
}

function readingDifferences(recording: Recording, read: ClientOutcome): Difference[] {
  if (read.value === null) return differences(null, read.error as JsonObject | null, 'error');
  const answer = readAnswer(recording);
  const chat = recording.wire === 'openai-chat';
  const expected = chat ? asMessage(answer) : asCompletion(answer);
  const actual = chat ? readMessage(read.value) : readCompletion(read.value, read.pieces);
  return [
    ...differences(expected as never, actual as never),
    ...differences(modelOf(recording), metadataOf(read)?.actual_model, 'metadata.actual_model'),
  ];
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
    cited: null,
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
    cited: answer.cited,
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
    cited: null,
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
    cited: asObjects(message.annotations).map(({ url_citation }) =>
      String(asObject(url_citation)?.url),
    ),
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

/** Kinds of content in a recorded answer that only its own wire has. */
function hostedBlocks({ wire, response }: Recording): string[] {
  if (wire === 'openai-chat') return hostedMembers(response);
  const pieces = response.chunked
    ? framesOf(response.body).map(({ data }) => asObject(data)?.content_block)
    : asArray(asObject(parseJson(response.body))?.content);
  const plain = ['text', 'thinking', 'redacted_thinking', 'tool_use'];
  const types = pieces.map((piece) => asString(asObject(piece)?.type));
  return [...new Set(types)].filter(
    (type) => type !== undefined && !plain.includes(type),
  ) as string[];
}

/** Members of a recorded completion's message that hold something no message has a block for. */
function hostedMembers({ chunked, body }: ScriptedResponse): string[] {
  const pieces = chunked ? framesOf(body).map(({ data }) => data) : [parseJson(body) ?? null];
  const messages = pieces.flatMap((piece) =>
    asObjects(asObject(piece)?.choices).map((choice) => choice.message ?? choice.delta),
  );
  const known = ['audio', 'executed_tools', 'images'];
  return known.filter((name) => messages.some((message) => isFilled(asObject(message)?.[name])));
}

/** Recorded: `audio: {data: "", id: "", …}` on every message. */
function isFilled(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) && Object.values(value).some(Boolean);
}
