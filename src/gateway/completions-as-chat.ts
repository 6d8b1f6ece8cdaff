// A legacy completion asked of a chat model: the prompt becomes a user message, the answer's text the continuation.
import type { ChatDialect, Encoder, MetadataSource, Relay, ReplyContext } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent, FinishReason } from '../core/event.ts';
import { OUR_FIELDS } from '../core/options.ts';
import { laterUsage, totalInput, totalOutput, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { once } from '../lib/once.ts';
import { sseText } from '../lib/sse.ts';
import { textsOf } from '../operations/checks.ts';
import type { Inbound } from './inbound.ts';
import type { OperationInbound } from './operation-inbound.ts';

/** What both endpoints call the same. */
const SHARED: readonly string[] = [
  'max_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'user',
  'stream',
  'stream_options',
];
/** Values that ask for nothing a chat answer does not give anyway. */
const IDLE: { readonly [field: string]: Json } = { n: 1, best_of: 1, echo: false, suffix: '' };

/** The call as chat, and what of it has no place there. Throws `unsupported_feature` where the prompt is not one text. */
export function asChat(inbound: OperationInbound): {
  readonly chat: Inbound;
  readonly losses: readonly string[];
} {
  const { fields } = inbound.call;
  const texts = textsOf(fields.prompt);
  if (texts?.length !== 1)
    throw new GatewayError(
      'unsupported_feature',
      'prompt: a chat model continues one text, not several and not tokens.',
      { param: 'prompt' },
    );
  const body: { [name: string]: Json } = { model: inbound.model };
  body.messages = [{ role: 'user', content: texts[0] ?? '' }];
  const losses: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value == null || name === 'model' || name === 'prompt' || OUR_FIELDS.has(name)) continue;
    if (SHARED.includes(name)) body[name] = value;
    else if (IDLE[name] !== value)
      losses.push(`${name}: a chat model has no such thing for a text`);
  }
  const chat: Inbound = {
    dialect: completionsAsChat,
    text: JSON.stringify(body),
    body,
    model: inbound.model,
    stream: inbound.call.stream,
    user: inbound.user,
    options: inbound.options,
    forwarded: null,
    fetches: new Map(),
    call: once(() => openaiChat.decodeCall(body)),
  };
  return { chat, losses };
}

/** Chat towards the provider, a text completion towards the caller. */
export const completionsAsChat: ChatDialect = {
  ...openaiChat,
  idPrefix: 'cmpl-',
  encodeReply,
  encoder: (context, metadata) => new CompletionEncoder(context, metadata),
  relay: (context, metadata) => translatingRelay(context, metadata),
};

function encodeReply(
  events: readonly ChatEvent[],
  context: ReplyContext,
  metadata: MetadataSource,
): JsonObject {
  let text = '';
  let reason: FinishReason = 'stop';
  let usage = UNKNOWN_USAGE;
  for (const event of events) {
    if (event.type === 'error') throw event.error;
    text += textOf(event);
    if (event.type === 'usage' || event.type === 'finish') usage = laterUsage(usage, event.usage);
    if (event.type === 'finish') reason = event.reason;
  }
  return {
    ...head(context),
    choices: [choice(text, reason)],
    usage: usageFigures(usage),
    metadata: metadata() as unknown as JsonObject,
  };
}

class CompletionEncoder implements Encoder {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  #usage: Usage = UNKNOWN_USAGE;

  constructor(context: ReplyContext, metadata: MetadataSource) {
    this.#context = context;
    this.#metadata = metadata;
  }

  push(event: ChatEvent): string {
    if (event.type === 'usage' || event.type === 'finish')
      this.#usage = laterUsage(this.#usage, event.usage);
    if (event.type === 'finish') return this.#close(event.reason);
    const text = textOf(event);
    return text === '' ? '' : this.#chunk({ choices: [choice(text, null)] });
  }

  #close(reason: FinishReason): string {
    const { includeUsage } = this.#context;
    const last = { choices: [choice('', reason)] };
    const metadata = this.#metadata() as unknown as JsonObject;
    const usage = { choices: [], usage: usageFigures(this.#usage), metadata };
    const closing = includeUsage
      ? this.#chunk(last) + this.#chunk(usage)
      : this.#chunk({ ...last, metadata });
    return `${closing}data: [DONE]\n\n`;
  }

  #chunk(members: JsonObject): string {
    return sseText(JSON.stringify({ ...head(this.#context), ...members }));
  }
}

/** For a provider whose chat wire is the caller's own: its frames still have to become completions. */
function translatingRelay(context: ReplyContext, metadata: MetadataSource): Relay {
  const decoder = openaiChat.decoder();
  const encoder = new CompletionEncoder(context, metadata);
  const write = (events: readonly ChatEvent[]) =>
    events.map((event) => encoder.push(event)).join('');
  return {
    push: (frame) => write(decoder.push(frame)),
    end: () => write(decoder.end()),
    continued: () => encoder,
  };
}

function head({ id, created, model }: ReplyContext): JsonObject {
  return { id, object: 'text_completion', created, model };
}

function choice(text: string, reason: FinishReason | null): JsonObject {
  return { text, index: 0, logprobs: null, finish_reason: reason === null ? null : word(reason) };
}

function word(reason: FinishReason): string {
  switch (reason) {
    case 'length':
      return 'length';
    case 'content-filter':
    case 'refusal':
      return 'content_filter';
    case 'stop':
    case 'tool-calls':
    case 'pause':
    case 'other':
      return 'stop';
  }
}

/** What a reader of the continuation sees: reasoning is none of it. */
function textOf(event: ChatEvent): string {
  if (event.type !== 'block-delta') return '';
  const { delta } = event;
  return delta.kind === 'text' || delta.kind === 'refusal' ? delta.text : '';
}

function usageFigures(usage: Usage): JsonObject | null {
  const prompt = totalInput(usage);
  const completion = totalOutput(usage);
  if (prompt === null && completion === null) return null;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: (prompt ?? 0) + (completion ?? 0),
  };
}
