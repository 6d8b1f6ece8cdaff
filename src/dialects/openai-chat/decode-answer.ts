// The one reader of answers, whole or streamed: a message is a delta that came at once.
import type { BlockDelta, ChatEvent } from '../../core/event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { BlockSequence } from './blocks.ts';
import { annotationsOf, sourcesOf } from './citations.ts';
import { finishReason } from './finish.ts';
import { ReasoningBlocks } from './reasoning-details.ts';
import { serviceTier } from './tier-words.ts';
import { ToolCalls } from './tool-calls.ts';
import { decodeUsage } from './usage.ts';

/** Members of a message that are content, but no other dialect's: kept whole, for a caller of this one. */
const OPAQUE_MEMBERS = ['audio', 'images', 'executed_tools'] as const;

export class AnswerReader {
  readonly #blocks = new BlockSequence();
  readonly #reasoning = new ReasoningBlocks(this.#blocks);
  readonly #tools = new ToolCalls(this.#blocks);
  #started = false;
  #refused = false;
  #usage: Usage = UNKNOWN_USAGE;
  #raw: string | null = null;
  #stopSequence: string | null = null;
  #citations: JsonObject[] = [];
  #sources: JsonObject[] = [];

  get started(): boolean {
    return this.#started;
  }

  /** The finish reason as the provider wrote it; null while there was none. */
  get raw(): string | null {
    return this.#raw;
  }

  take(): ChatEvent[] {
    return this.#blocks.take();
  }

  start(body: JsonObject): void {
    const tier = serviceTier(body.service_tier);
    if (tier !== null) this.#usage = { ...this.#usage, tier };
    if (this.#started) return;
    this.#started = true;
    const id = asString(body.id) || null;
    this.#tools.seed = id ?? '';
    this.#blocks.emit({
      type: 'start',
      id,
      model: asString(body.model) || null,
      created: asNumber(body.created) || null,
    });
  }

  /** Usage is told in several places, of which the latest known value of each kind counts. */
  usage(value: Json | undefined): void {
    if (!isObject(value)) return;
    this.#usage = laterUsage(this.#usage, decodeUsage(value));
    this.#blocks.emit({ type: 'usage', usage: this.#usage });
  }

  /** Sources some vendors repeat in every chunk: the last list counts. */
  sources(body: JsonObject): void {
    if (body.citations === undefined && body.search_results === undefined) return;
    const sources = sourcesOf(body);
    if (sources.length > 0) this.#sources = sources;
  }

  message(message: JsonObject): void {
    this.#reasoning.push(message);
    const { content } = message;
    if (typeof content === 'string') {
      if (content !== '') this.#text(content);
    } else if (content !== null && content !== undefined) this.#content(asArray(content));
    const refusal = asString(message.refusal);
    if (refusal) this.#refusal(refusal);
    if (message.annotations !== undefined) this.#annotate(annotationsOf(message.annotations));
    if (message.tool_calls !== undefined)
      for (const call of asArray(message.tool_calls)) if (isObject(call)) this.#tools.push(call);
    if (isObject(message.function_call)) this.#tools.pushLegacy(message.function_call);
    for (const name of OPAQUE_MEMBERS)
      if (message[name] !== undefined) this.#opaque(name, message[name]);
  }

  /** A choice's own fields: how it ended. */
  ending(choice: JsonObject): void {
    this.#raw = asString(choice.finish_reason) || this.#raw;
    const stop = asString(choice.stop_reason) ?? asString(choice.matched_stop);
    if (stop) this.#stopSequence = stop;
  }

  /** Closes every block and says how the answer ended. */
  finish(): void {
    this.#tools.finish();
    for (const source of this.#sources) this.#cite(source);
    this.#blocks.close();
    this.#blocks.emit({
      type: 'finish',
      reason: finishReason({
        raw: this.#raw,
        calledTools: this.#tools.any,
        refused: this.#refused,
      }),
      raw: this.#raw,
      stopSequence: this.#stopSequence,
      usage: this.#usage,
    });
  }

  fail(event: ChatEvent & { type: 'error' }): void {
    this.start({});
    this.#blocks.close();
    this.#blocks.emit(event);
  }

  #text(text: string): void {
    this.#write('text', { kind: 'text', text });
    if (this.#citations.length === 0) return;
    for (const citation of this.#citations) this.#cite(citation);
    this.#citations = [];
  }

  #refusal(text: string): void {
    this.#refused = true;
    this.#write('refusal', { kind: 'refusal', text });
  }

  #write(kind: 'text' | 'refusal', delta: BlockDelta): void {
    if (this.#blocks.add(kind, delta)) return;
    this.#blocks.open(kind, { kind });
    this.#blocks.add(kind, delta);
  }

  /** Content in parts: text, reasoning (`thinking`), and what only this dialect knows. */
  #content(parts: readonly Json[]): void {
    for (const part of parts) {
      if (!isObject(part)) continue;
      const text = asString(part.text);
      if (part.type === 'thinking')
        for (const piece of thinkingTexts(part.thinking)) this.#reasoning.text(piece);
      else if (part.type === 'refusal') this.#refusal(asString(part.refusal) ?? '');
      else if (text !== undefined) {
        if (text !== '') this.#text(text);
      } else this.#opaque('content', [part]);
    }
  }

  /** Annotations may come before the text they belong to. */
  #annotate(annotations: readonly JsonObject[]): void {
    for (const citation of annotations) if (!this.#cite(citation)) this.#citations.push(citation);
  }

  #cite(value: JsonObject): boolean {
    return this.#blocks.add('text', {
      kind: 'citation',
      dialect: 'openai-chat',
      value: value as Json,
    });
  }

  #opaque(name: string, value: Json | undefined): void {
    if (value === null || value === undefined || isEmpty(value)) return;
    this.#blocks.open('opaque', {
      kind: 'opaque',
      dialect: 'openai-chat',
      value: { [name]: value },
    });
  }
}

/** `thinking` is a list of text parts, or a text. */
export function thinkingTexts(value: Json | undefined): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return asArray(value)
    .map((piece) => asString(asObject(piece)?.text) ?? '')
    .filter((piece) => piece !== '');
}

/** Recorded: `audio: {data: "", id: "", …}` on every message. */
function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every((member) => !member);
}
