// The events of a stream of this wire → the message they tell.
import type { Gatherer } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { GatheredMembers } from '../gathered-members.ts';
import { wholeReply } from '../whole-reply.ts';
import { GatheredBlock } from './gathered-block.ts';

/** Members of `message_delta` that are its own and none of the message's. */
const ENVELOPE: ReadonlySet<string> = new Set(['type', 'delta', 'usage']);

export class MessageGatherer implements Gatherer {
  readonly #message = new GatheredMembers(0);
  readonly #usage = new GatheredMembers();
  readonly #blocks: GatheredBlock[] = [];
  /** Those that are open, by the index the wire gave them. */
  readonly #open = new Map<number | undefined, GatheredBlock>();
  #started = false;
  #over = false;

  push(frame: SseFrame): void {
    const data = frame.json;
    if (this.#over || data === undefined || frame.event === 'error') return;
    switch (asString(data.type) ?? frame.event) {
      case 'message_start':
        this.#start(asObject(data.message));
        return;
      case 'content_block_start':
        this.#blockStart(asNumber(data.index), asObject(data.content_block));
        return;
      case 'content_block_delta':
        this.#blockDelta(asNumber(data.index), asObject(data.delta));
        return;
      case 'content_block_stop':
        this.#open.delete(asNumber(data.index));
        return;
      case 'message_delta':
        this.#messageDelta(data);
        return;
      case 'message_stop':
        this.#over = true;
    }
  }

  reply(): JsonObject {
    const content = this.#blocks.map((block) => block.block() as Json);
    const message = this.#message.object();
    if (content.length === 0 && message.stop_reason == null)
      throw new GatewayError(
        'upstream_invalid_response',
        'The provider ended its stream without a message in it.',
      );
    const usage = this.#usage.isEmpty ? {} : { usage: this.#usage.object() };
    // Where the start had them they keep their places; an imitation's may have had none.
    const skeleton = { type: 'message', role: 'assistant', content };
    return wholeReply({ ...skeleton, ...message, content, ...usage });
  }

  #start(message: JsonObject | undefined): void {
    if (message === undefined) return;
    this.#takeUsage(asObject(message.usage));
    // The same start again is noise.
    if (this.#started || this.#blocks.length > 0) return;
    this.#started = true;
    this.#message.take(message);
    // Calls made by hosted code come as a start that holds everything.
    for (const block of asObjects(message.content)) this.#blocks.push(new GatheredBlock(block));
  }

  #blockStart(index: number | undefined, start: JsonObject | undefined): void {
    if (start === undefined) return;
    this.#add(index, new GatheredBlock(start));
  }

  #blockDelta(index: number | undefined, delta: JsonObject | undefined): void {
    if (delta === undefined) return;
    const open = this.#open.get(index);
    if (open?.fits(delta)) {
      open.add(delta);
      return;
    }
    const implied = GatheredBlock.impliedBy(delta);
    if (implied === null) return;
    implied.add(delta);
    this.#add(index, implied);
  }

  #add(index: number | undefined, block: GatheredBlock): void {
    this.#blocks.push(block);
    this.#open.set(index, block);
  }

  /** Beside how the answer ended it brings what became known on the way (`context_management`). */
  #messageDelta(data: JsonObject): void {
    const delta = asObject(data.delta);
    if (delta !== undefined) this.#message.take(delta);
    for (const name of Object.keys(data))
      if (!ENVELOPE.has(name)) this.#message.put(name, data[name]);
    this.#takeUsage(asObject(data.usage));
  }

  #takeUsage(usage: JsonObject | undefined): void {
    if (usage !== undefined) this.#usage.take(usage);
  }
}
