// What a recorded answer says, read from its own wire's JSON the plain way: no states, no blocks, only sums.
import type { DialectId } from '../../../src/core/dialect.ts';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../src/lib/json.ts';
import { readAnswer } from '../recorded-answers.ts';
import { partialArguments } from './partial-arguments.ts';
import { type Found, type Reading, readingOf } from './reading.ts';
import { type Recorded, unfinishedStatus } from './sources.ts';

export function readRecorded(recorded: Recorded): Reading {
  const { wire, reply } = recorded;
  switch (wire) {
    case 'openai-chat':
    case 'anthropic-messages':
      return readingOf(readTwoWires(recorded));
    case 'openai-responses':
      return readingOf(readResponses(reply.events, reply.stream));
    case 'gemini':
      return readingOf(readGemini(reply.events));
    case 'bedrock-converse':
      return readingOf(readConverse(reply.events));
    case 'cohere':
      return readingOf(readCohere(reply.events));
  }
}

/** What a recording that is no answer says of it ('' for a stream that just stops); null where it ends as it should. */
export function failureIn({ wire, reply }: Recorded): string | null {
  if (!reply.stream) return unfinishedStatus(wire, reply);
  const last = reply.events.at(-1) ?? {};
  const response = asObject(last.response);
  const error = asObject(last.error) ?? (last.type === 'error' ? last : asObject(response?.error));
  // An error beside the end of a whole answer: the answer counts.
  const ended = reply.events.some((event) => isEnd(wire, event));
  if (error !== undefined && !ended) return asString(error.message) ?? '';
  // A stream of this wire may end without a reason.
  return ended || wire === 'openai-chat' ? null : '';
}

function isEnd(wire: DialectId, event: JsonObject): boolean {
  switch (wire) {
    case 'openai-chat':
      // A stream of this wire may end without a reason.
      return asObjects(event.choices).some(({ finish_reason }) => Boolean(finish_reason));
    case 'anthropic-messages':
      return event.type === 'message_stop';
    case 'openai-responses':
      return event.type === 'response.completed' || event.type === 'response.incomplete';
    case 'gemini':
      return (
        asObjects(event.candidates).some(({ finishReason }) => Boolean(finishReason)) ||
        event.promptFeedback !== undefined
      );
    case 'bedrock-converse':
      return event.messageStop !== undefined;
    case 'cohere':
      return event.type === 'message-end';
  }
}

function readTwoWires({ wire, reply }: Recorded): Found {
  const two = wire === 'openai-chat' ? wire : 'anthropic-messages';
  // Wrapped events are read as the stream they would have been.
  const body = reply.stream
    ? reply.events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    : reply.bytes.toString('utf8');
  const response = { status: 200, headers: {}, body, chunked: reply.stream };
  const answer = readAnswer({
    id: '',
    file: '',
    provider: '',
    request: null,
    requestHeaders: {},
    wire: two,
    response,
  });
  const { text, reasoning, refusal, tools, finish, usage } = answer;
  return {
    text,
    reasoning,
    refusal,
    tools: tools.map(({ name, arguments: input }) => ({ name, input: parsed(input) })),
    cut:
      finish === 'length' || finish === 'max_tokens' || finish === 'model_context_window_exceeded',
    refused: finish === 'content_filter' || finish === 'refusal',
    input: usage.input,
    cacheRead: usage.cacheRead,
    output: usage.output,
  };
}

function parsed(text: string): Json {
  // A model may write that there are none: null.
  if (text.trim() === '' || text.trim() === 'null') return {};
  return parseJson(text) ?? text;
}

export function readResponses(events: readonly JsonObject[], stream: boolean): Found {
  const last = events.findLast(({ response }) => response !== undefined);
  const whole = (stream ? asObject(last?.response) : events[0]) ?? {};
  const done = asObjects(
    events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item),
  );
  const items = done.length > 0 ? done : asObjects(whole.output);
  const contents = items
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => asObjects(content));
  const usage = asObject(whole.usage);
  // Calls of free-text tools nobody offered are calls of the provider's own, which it runs itself.
  const offered =
    Array.isArray(whole.tools) && whole.tools.length > 0
      ? new Set(asObjects(whole.tools).map(({ name }) => name))
      : null;
  const reason = asObject(whole.incomplete_details)?.reason;
  return {
    text: joined(contents, 'text'),
    reasoning: items
      .filter(({ type }) => type === 'reasoning')
      .map(({ summary, content }) => {
        const told = asObjects(summary).length > 0 ? summary : content;
        return asObjects(told)
          .map(({ text }) => asString(text) ?? '')
          .join('\n\n');
      })
      .join(' '),
    refusal: joined(contents, 'refusal'),
    tools: items.flatMap((item) => {
      const name = asString(item.name) ?? '';
      if (item.type === 'function_call')
        return [{ name, input: parsed(asString(item.arguments) ?? '') }];
      const own = item.type === 'custom_tool_call' && (offered?.has(name) ?? true);
      return own ? [{ name, input: { input: item.input ?? '' } }] : [];
    }),
    cut: whole.status === 'incomplete' && reason !== 'content_filter',
    refused: reason === 'content_filter',
    input: asNumber(usage?.input_tokens) ?? null,
    cacheRead: asNumber(asObject(usage?.input_tokens_details)?.cached_tokens) ?? null,
    output: asNumber(usage?.output_tokens) ?? null,
  };
}

/** ai.google.dev/api/generate-content#FinishReason: the reasons that mean the answer was withheld. */
const WITHHELD = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|LANGUAGE|MODEL_ARMOR/;

function readGemini(events: readonly JsonObject[]): Found {
  const candidates = events.flatMap(({ candidates }) => asObjects(candidates).slice(0, 1));
  const parts = candidates.flatMap(({ content }) => asObjects(asObject(content)?.parts));
  const finish = candidates.map((one) => asString(one.finishReason)).findLast(Boolean) ?? '';
  const blocked = events.some(({ promptFeedback }) => asObject(promptFeedback)?.blockReason);
  const usage = events.map(({ usageMetadata }) => asObject(usageMetadata)).findLast(Boolean) ?? {};
  const count = (name: string) => asNumber(usage[name]) ?? null;
  const prompt = count('promptTokenCount');
  const total = count('totalTokenCount');
  const input = prompt === null ? null : prompt + (count('toolUsePromptTokenCount') ?? 0);
  const blockMessage = events
    .map(({ promptFeedback }) => asString(asObject(promptFeedback)?.blockReasonMessage))
    .find(Boolean);
  return {
    text: parts
      .filter(({ thought }) => thought !== true)
      .map(({ text }) => asString(text) ?? '')
      .join(''),
    reasoning: parts
      .filter(({ thought }) => thought === true)
      .map(({ text }) => asString(text) ?? '')
      .join(''),
    tools: partialArguments(parts),
    cut: finish === 'MAX_TOKENS',
    refused: blocked || WITHHELD.test(finish),
    input,
    cacheRead: count('cachedContentTokenCount'),
    // Recorded: usage of the answer alone, without the prompt's or the sum.
    output:
      input === null || total === null
        ? sumOf(count('candidatesTokenCount'), count('thoughtsTokenCount'))
        : total - input,
    ...(blockMessage === undefined ? {} : { refusal: blockMessage }),
  };
}

function readConverse(events: readonly JsonObject[]): Found {
  const message = asObject(asObject(events[0]?.output)?.message);
  const blocks: {
    text: string;
    reasoning: string;
    name: string | null;
    input: string;
    hosted: boolean;
  }[] = [];
  const at = (index: Json | undefined) => {
    const place = asNumber(index) ?? 0;
    blocks[place] ??= { text: '', reasoning: '', name: null, input: '', hosted: false };
    return blocks[place];
  };
  const add = (index: Json | undefined, said: JsonObject) => {
    const block = at(index);
    block.text += asString(said.text) ?? '';
    for (const cited of asObjects(asObject(said.citationsContent)?.content))
      block.text += asString(cited.text) ?? '';
    const reasoning = asObject(said.reasoningContent) ?? {};
    block.reasoning +=
      asString(reasoning.text) ?? asString(asObject(reasoning.reasoningText)?.text) ?? '';
    const use = asObject(said.toolUse);
    if (use?.name !== undefined) block.name = asString(use.name) ?? '';
    if (use?.type === 'server_tool_use') block.hosted = true;
    if (use?.input !== undefined)
      block.input += typeof use.input === 'string' ? use.input : JSON.stringify(use.input);
  };
  for (const [index, block] of asObjects(message?.content).entries()) add(index, block);
  for (const { contentBlockStart, contentBlockDelta } of events) {
    const start = asObject(contentBlockStart);
    if (start) add(start.contentBlockIndex, asObject(start.start) ?? {});
    const delta = asObject(contentBlockDelta);
    if (delta) add(delta.contentBlockIndex, asObject(delta.delta) ?? {});
  }
  const reason =
    events
      .map(
        (event) => asString(asObject(event.messageStop)?.stopReason) ?? asString(event.stopReason),
      )
      .findLast(Boolean) ?? '';
  const usage =
    events
      .map((event) => asObject(asObject(event.metadata)?.usage) ?? asObject(event.usage))
      .findLast(Boolean) ?? {};
  const read = asNumber(usage.cacheReadInputTokens);
  const input = asNumber(usage.inputTokens);
  const filled = Object.values(blocks);
  return {
    text: filled.map(({ text }) => text).join(''),
    reasoning: filled.map(({ reasoning }) => reasoning).join(' '),
    tools: filled.flatMap(({ name, input: text, hosted }) =>
      name === null || hosted ? [] : [{ name, input: parsed(text) }],
    ),
    cut: reason === 'max_tokens' || reason === 'model_context_window_exceeded',
    refused: reason === 'guardrail_intervened' || reason === 'content_filtered',
    input:
      input === undefined
        ? null
        : input + (read ?? 0) + (asNumber(usage.cacheWriteInputTokens) ?? 0),
    cacheRead: read ?? null,
    output: asNumber(usage.outputTokens) ?? null,
  };
}

function readCohere(events: readonly JsonObject[]): Found {
  let text = '';
  let reasoning = '';
  const tools: { name: string; input: string }[] = [];
  const content = (said: Json | undefined) => {
    const part = asObject(said) ?? {};
    text += asString(part.text) ?? '';
    reasoning += asString(part.thinking) ?? '';
  };
  for (const event of events) {
    const message = asObject(event.message) ?? asObject(asObject(event.delta)?.message) ?? {};
    for (const part of Array.isArray(message.content) ? message.content : [message.content])
      content(part);
    reasoning += asString(message.tool_plan) ?? '';
    const calls = Array.isArray(message.tool_calls)
      ? asObjects(message.tool_calls)
      : [asObject(message.tool_calls)];
    for (const call of calls) {
      const called = asObject(call?.function) ?? {};
      if (called.name !== undefined) tools.push({ name: asString(called.name) ?? '', input: '' });
      const open = tools.at(-1);
      if (open) open.input += asString(called.arguments) ?? '';
    }
  }
  const end = events.at(-1) ?? {};
  const told = asObject(end.delta) ?? end;
  const used = asObject(told.usage);
  const tokens = asObject(used?.tokens) ?? asObject(used?.billed_units) ?? {};
  return {
    text,
    reasoning,
    tools: tools.map(({ name, input }) => ({ name, input: parsed(input) })),
    cut: told.finish_reason === 'MAX_TOKENS',
    refused: told.finish_reason === 'ERROR_TOXIC',
    input: asNumber(tokens.input_tokens) ?? null,
    cacheRead: asNumber(used?.cached_tokens) ?? null,
    output: asNumber(tokens.output_tokens) ?? null,
  };
}

function sumOf(...counts: readonly (number | null)[]): number | null {
  const known = counts.filter((one) => one !== null);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
}

function joined(parts: readonly JsonObject[], member: string): string {
  return parts.map((part) => asString(part[member]) ?? '').join('');
}
