// Events → a whole reply of this wire.
import { type Collected, type CollectedBlock, collect } from '../../core/collect.ts';
import type { MetadataSource, ReplyContext } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { extraMember, isExtra } from './call-extras.ts';
import { annotation } from './citations.ts';
import { encodeFinish } from './finish.ts';
import { encryptedEntry, Places, textEntry } from './reasoning-details.ts';
import { encodeUsage } from './usage.ts';

/** Throws the error of an `error` event. */
export function encodeReply(
  events: readonly ChatEvent[],
  context: ReplyContext,
  metadata: MetadataSource,
): JsonObject {
  const answer = collect(events);
  const message = new MessageWriter(context);
  for (const block of answer.blocks) message.add(block);
  const usage = encodeUsage(answer.finish.usage);
  return {
    id: context.id,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [message.choice(answer)],
    ...(usage === null ? {} : { usage }),
    metadata: { ...metadata() },
  } as JsonObject;
}

class MessageWriter {
  readonly #context: ReplyContext;
  readonly #places = new Places();
  readonly #lost = new Set<string>();
  readonly #toolCalls: JsonObject[] = [];
  readonly #annotations: JsonObject[] = [];
  readonly #details: JsonObject[] = [];
  #text = '';
  #reasoning = '';
  #refusal: string | null = null;
  /** State of the call that follows. */
  #extra: string | null = null;
  #others: JsonObject = {};

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  add(block: CollectedBlock): void {
    switch (block.kind) {
      case 'text':
        this.#addText(block);
        return;
      case 'refusal':
        this.#refusal = (this.#refusal ?? '') + block.text;
        return;
      case 'reasoning': {
        const place = this.#places.of('reasoning');
        const signature = block.signature === null ? {} : { signature: block.signature };
        this.#reasoning += block.text;
        this.#details.push(
          textEntry(place, block.format ?? undefined, { text: block.text, ...signature }),
        );
        return;
      }
      case 'redacted-reasoning':
        if (isExtra(block)) {
          this.#extra = block.data;
          return;
        }
        this.#details.push(
          encryptedEntry(this.#places.of('reasoning'), block.format ?? undefined, block.data),
        );
        return;
      case 'tool-use': {
        const { id, name, custom } = block;
        this.#places.of('tool-use');
        // Callers parse the arguments: a call without any has the empty object.
        const text = block.arguments === '' && !custom ? '{}' : block.arguments;
        const called = custom
          ? { type: 'custom', custom: { name, input: text } }
          : { type: 'function', function: { name, arguments: text } };
        this.#toolCalls.push({ id, ...called, ...extraMember(this.#extra) } as JsonObject);
        this.#extra = null;
        return;
      }
      case 'opaque':
        if (block.dialect === 'openai-chat') this.#others = merged(this.#others, block.value);
        else
          this.#lose(
            `reply: a ${String(block.value.type ?? 'hosted')} block of ${block.dialect} has no place in a chat completion`,
          );
        return;
    }
  }

  choice({ finish }: Collected): Json {
    const calls = this.#toolCalls;
    const { content, ...others } = this.#others;
    const shown = !this.#context.excludeReasoning;
    const message: JsonObject = {
      role: 'assistant',
      content: this.#content(content),
      refusal: this.#refusal,
      ...(shown && this.#reasoning !== '' ? { reasoning_content: this.#reasoning } : {}),
      ...(shown && this.#details.length > 0 ? { reasoning_details: this.#details as Json[] } : {}),
      ...(this.#annotations.length > 0 ? { annotations: this.#annotations as Json[] } : {}),
      ...(calls.length > 0 ? { tool_calls: calls as Json[] } : {}),
      ...others,
    };
    const reason = encodeFinish(finish.reason, calls.length > 0, this.#refusal !== null);
    return { index: 0, message, logprobs: null, finish_reason: reason } as Json;
  }

  /** Parts only this dialect knows bring the text into their array. */
  #content(parts: Json | undefined): Json {
    const silent = this.#text === '' && (this.#toolCalls.length > 0 || this.#refusal !== null);
    if (!Array.isArray(parts)) return silent ? null : this.#text;
    return this.#text === '' ? parts : [{ type: 'text', text: this.#text }, ...parts];
  }

  #addText(block: CollectedBlock & { kind: 'text' }): void {
    this.#places.of('text');
    const start = this.#text.length;
    this.#text += block.text;
    for (const citation of block.citations) {
      const found = annotation(citation, start, this.#text.length);
      if (found) this.#annotations.push(found);
      else
        this.#lose(
          'reply.citations: citations of documents have no place in a chat completion, which cites URLs',
        );
    }
  }

  #lose(what: string): void {
    if (this.#lost.has(what)) return;
    this.#lost.add(what);
    this.#context.lose(what);
  }
}

/** Members of the same name: lists are joined, the rest replaced by the later. */
function merged(earlier: JsonObject, later: JsonObject): JsonObject {
  const both: { [name: string]: Json | undefined } = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const known = both[name];
    both[name] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value;
  }
  return both;
}
