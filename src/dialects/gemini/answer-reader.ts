// The one reader of answers, whole or streamed: a whole reply is a chunk that came at once.
//
// A thought signature on a function call becomes a signature-only reasoning block right before the call; one on a text
// (a stream ends with an empty text that has it) becomes such a block after the text. It waits until the text is really
// over, because citations come with the last chunk and belong to the text.
import type { ChatEvent } from '../../core/event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { BlockWriter } from './block-writer.ts';
import { citationsOf } from './citations.ts';
import { finishReason } from './finish.ts';
import { FunctionCalls } from './function-calls.ts';
import { pictureOf } from './pictures.ts';
import { OWN_FORMAT } from './signature-format.ts';
import { decodeUsage } from './usage.ts';

/** Metadata of a candidate that only this wire has, kept whole beside what was made of it. */
const OPAQUE_METADATA = ['groundingMetadata', 'urlContextMetadata'] as const;

export class AnswerReader {
  readonly #blocks = new BlockWriter();
  readonly #calls = new FunctionCalls(this.#blocks);
  #started = false;
  #usage: Usage = UNKNOWN_USAGE;
  #raw: string | null = null;
  #message: string | undefined;
  #text = '';
  /** Of the text that is open or was the last. */
  #textSignature: string | null = null;
  /** The signature the open reasoning block has. */
  #signed = false;
  #metadata: JsonObject = {};

  get started(): boolean {
    return this.#started;
  }

  /** The finish reason as the provider wrote it; null while there was none. */
  get raw(): string | null {
    return this.#raw;
  }

  get finishMessage(): string | undefined {
    return this.#message;
  }

  get calledTools(): boolean {
    return this.#calls.any;
  }

  take(): ChatEvent[] {
    return this.#blocks.take();
  }

  /** What every chunk says of the whole. */
  start(body: JsonObject): void {
    if (!this.#started) {
      this.#started = true;
      const id = asString(body.responseId) || null;
      this.#calls.seed = id ?? '';
      const created = Date.parse(asString(body.createTime) ?? '');
      this.#blocks.emit({
        type: 'start',
        id,
        model: asString(body.modelVersion) || null,
        created: Number.isNaN(created) ? null : Math.floor(created / 1000),
      });
    }
    const usage = asObject(body.usageMetadata);
    if (usage === undefined) return;
    this.#usage = laterUsage(this.#usage, decodeUsage(usage));
    this.#blocks.emit({ type: 'usage', usage: this.#usage });
  }

  candidate(candidate: JsonObject): void {
    for (const part of asObjects(asObject(candidate.content)?.parts)) this.#part(part);
    this.#raw = asString(candidate.finishReason) || this.#raw;
    this.#message = asString(candidate.finishMessage) ?? this.#message;
    for (const name of [...OPAQUE_METADATA, 'citationMetadata'])
      if (says(candidate[name])) this.#metadata = { ...this.#metadata, [name]: candidate[name] };
    const queries = asArray(asObject(this.#metadata.groundingMetadata)?.webSearchQueries).length;
    if (queries > 0) this.#usage = { ...this.#usage, searches: queries };
  }

  /** The prompt was refused: there is no candidate, only a reason. */
  blocked(feedback: JsonObject): void {
    const reason = asString(feedback.blockReason) ?? 'BLOCKED_REASON_UNSPECIFIED';
    this.#raw = reason;
    const said = asString(feedback.blockReasonMessage);
    this.#blocks.start({ kind: 'refusal' });
    this.#blocks.write({
      kind: 'refusal',
      text: said || `The provider blocked the prompt (${reason}).`,
    });
    this.#blocks.close();
  }

  /** Closes every block and says how the answer ended. */
  finish(blocked: boolean): void {
    this.#calls.end();
    this.#cite();
    this.#endText();
    this.#blocks.close();
    this.#keepMetadata();
    this.#blocks.emit({
      type: 'finish',
      reason: blocked ? 'content-filter' : finishReason(this.#raw, this.#calls.any),
      raw: this.#raw,
      stopSequence: null,
      usage: this.#usage,
    });
  }

  fail(event: ChatEvent & { type: 'error' }): void {
    this.start({});
    this.#blocks.close();
    this.#blocks.emit(event);
  }

  #part(part: JsonObject): void {
    const signature = asString(part.thoughtSignature) || null;
    const call = asObject(part.functionCall);
    const text = asString(part.text);
    if (call !== undefined) {
      this.#endText();
      if (signature !== null) this.#signatureOnly(signature);
      this.#calls.push(call);
      return;
    }
    this.#calls.end();
    if (text === undefined) this.#other(part, signature);
    else if (part.thought === true) this.#thought(text, signature);
    else this.#answer(text, signature);
  }

  #thought(text: string, signature: string | null): void {
    this.#endText();
    if (text === '' && signature === null) return;
    if (this.#blocks.open !== 'reasoning' || this.#signed) {
      this.#blocks.start({ kind: 'reasoning', format: OWN_FORMAT });
      this.#signed = false;
    }
    if (text !== '') this.#blocks.write({ kind: 'reasoning', text });
    if (signature === null) return;
    this.#blocks.write({ kind: 'signature', signature });
    this.#signed = true;
  }

  #answer(text: string, signature: string | null): void {
    if (text !== '') {
      // What was signed is over: later text is another part.
      if (this.#textSignature !== null) this.#endText();
      if (this.#blocks.open !== 'text') this.#blocks.start({ kind: 'text' });
      this.#blocks.write({ kind: 'text', text });
      this.#text += text;
    }
    if (signature !== null) {
      if (this.#textSignature !== null) this.#endText();
      this.#textSignature = signature;
    }
  }

  /** Pictures have a form callers know; code that was run, hosted calls and the like stay as they are. */
  #other(part: JsonObject, signature: string | null): void {
    this.#endText();
    const picture = pictureOf(part);
    if (picture !== null) {
      if (signature !== null) this.#signatureOnly(signature);
      this.#blocks.start({ kind: 'opaque', dialect: 'openai-chat', value: picture });
    } else {
      const named = Object.keys(part).some(
        (name) => name !== 'thoughtSignature' && name !== 'thought',
      );
      if (named) this.#blocks.start({ kind: 'opaque', dialect: 'gemini', value: part });
      else if (signature !== null) this.#signatureOnly(signature);
    }
    this.#blocks.close();
  }

  #endText(): void {
    const signature = this.#textSignature;
    if (signature === null) return;
    this.#textSignature = null;
    this.#signatureOnly(signature);
  }

  #signatureOnly(signature: string): void {
    this.#blocks.start({ kind: 'reasoning', format: OWN_FORMAT });
    this.#blocks.write({ kind: 'signature', signature });
    this.#blocks.close();
  }

  #cite(): void {
    const citations = citationsOf(this.#metadata, this.#text);
    if (citations.length === 0) return;
    if (this.#blocks.open !== 'text') this.#blocks.start({ kind: 'text' });
    for (const value of citations)
      this.#blocks.write({ kind: 'citation', dialect: 'openai-chat', value: value as Json });
  }

  #keepMetadata(): void {
    for (const name of OPAQUE_METADATA) {
      const value = this.#metadata[name];
      if (value === undefined) continue;
      this.#blocks.start({
        kind: 'opaque',
        dialect: 'gemini',
        value: { type: name, [name]: value },
      });
      this.#blocks.close();
    }
  }
}

/** Recorded: `groundingMetadata: {}` on every candidate. */
function says(value: Json | undefined): boolean {
  const members = Object.values(asObject(value) ?? {});
  return members.some((member) => !Array.isArray(member) || asArray(member).length > 0);
}
