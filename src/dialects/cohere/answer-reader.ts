// The one reader of answers, whole or streamed: thoughts, plans, texts with their citations, calls, and how it ended.
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { madeId } from '../made-id.ts';
import { AnswerBlocks } from './answer-blocks.ts';
import { citationsOf } from './citations.ts';
import { finishReason } from './finish.ts';
import { TOOL_PLAN } from './tool-plan.ts';
import { decodeUsage } from './usage.ts';

interface Call {
  /** Arguments that may yet turn out to be the word `null`, which stands for none. */
  held: string;
  told: boolean;
  over: boolean;
}

export class AnswerReader {
  readonly #blocks = new AnswerBlocks();
  readonly #calls = new Map<string, Call>();
  #started = false;
  #id = '';
  #usage: Usage = UNKNOWN_USAGE;
  /** The text that is cited; the last one that was begun. */
  #text: string | null = null;

  get started(): boolean {
    return this.#started;
  }

  take(): ChatEvent[] {
    return this.#blocks.take();
  }

  start(id: string | null): void {
    if (this.#started) return;
    this.#started = true;
    this.#id = id ?? '';
    // The wire names neither the model nor the time.
    this.#blocks.emit({ type: 'start', id, model: null, created: null });
  }

  /** A piece of content number `index`, of either kind. */
  content(index: number, content: JsonObject): void {
    const thinking = asString(content.thinking);
    if (thinking !== undefined || content.type === 'thinking')
      this.#thinking(index, thinking ?? '');
    else this.#write(index, asString(content.text) ?? '');
  }

  plan(text: string): void {
    if (text === '') return;
    const delta = { kind: 'reasoning', text } as const;
    if (this.#blocks.add('plan', delta)) return;
    this.#blocks.begin('plan', { kind: 'reasoning', format: TOOL_PLAN }, this.#mayEnd());
    this.#blocks.add('plan', delta);
  }

  #thinking(index: number, text: string): void {
    const key = `thinking ${index}`;
    if (!this.#blocks.has(key)) {
      if (text === '') return;
      this.#blocks.begin(key, { kind: 'reasoning' }, this.#mayEnd());
    }
    if (text !== '') this.#blocks.add(key, { kind: 'reasoning', text });
  }

  #write(index: number, text: string): void {
    if (text === '') return;
    const key = `text ${index}`;
    if (!this.#blocks.has(key)) {
      this.#blocks.begin(key, { kind: 'text' }, this.#mayEnd());
      this.#text = key;
    }
    this.#blocks.add(key, { kind: 'text', text });
  }

  /** Citations of the text before them, or of the one they name. */
  cite(value: Json | undefined): void {
    const citation = asObject(value);
    const key = this.#text;
    if (!citation || key === null) return;
    for (const { dialect, value: cited } of citationsOf(citation))
      this.#blocks.add(key, { kind: 'citation', dialect, value: cited });
  }

  /** Call number `index` begins. */
  call(index: number, call: JsonObject): void {
    const key = `call ${index}`;
    const inner = asObject(call.function);
    if (!this.#calls.has(key)) {
      const id = asString(call.id) || madeId(this.#id, this.#calls.size);
      this.#calls.set(key, { held: '', told: false, over: false });
      const name = asString(inner?.name) ?? '';
      this.#blocks.begin(key, { kind: 'tool-use', id, name }, this.#mayEnd());
    }
    this.arguments(index, inner?.arguments);
  }

  arguments(index: number, value: Json | undefined): void {
    const key = `call ${index}`;
    const call = this.#calls.get(key);
    const text = typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : '';
    if (call === undefined || text === '') return;
    if (!call.told && 'null'.startsWith((call.held + text).trim())) {
      call.held += text;
      return;
    }
    this.#blocks.add(key, { kind: 'arguments', json: call.held + text });
    call.held = '';
    call.told = true;
  }

  /** Recorded: calls without arguments have none, or the word `null`. */
  callOver(index: number): void {
    const key = `call ${index}`;
    const call = this.#calls.get(key);
    if (call === undefined || call.over) return;
    if (!call.told) this.#blocks.add(key, { kind: 'arguments', json: '{}' });
    call.told = true;
    call.over = true;
    this.#blocks.over(key, (next) => this.#calls.get(next)?.over !== false);
  }

  usage(value: Json | undefined): void {
    if (!isObject(value)) return;
    this.#usage = decodeUsage(value);
    this.#blocks.emit({ type: 'usage', usage: this.#usage });
  }

  finish(raw: string | null): void {
    for (const key of this.#calls.keys()) this.callOver(Number(key.slice('call '.length)));
    this.#blocks.close();
    this.#blocks.emit({
      type: 'finish',
      reason: finishReason(raw, this.#calls.size > 0),
      raw,
      // Which of the sequences was met is not said.
      stopSequence: null,
      usage: this.#usage,
    });
  }

  fail(event: ChatEvent & { type: 'error' }): void {
    this.start(null);
    this.#blocks.close();
    this.#blocks.emit(event);
  }

  /** Texts and thoughts end when something else begins; a call ends when it says so. */
  #mayEnd(): boolean {
    for (const [key, call] of this.#calls) if (!call.over && this.#blocks.has(key)) return false;
    return true;
  }
}
