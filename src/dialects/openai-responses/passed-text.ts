// What the events of a stream that broke off said, and which of it stands in no part that the caller has as a whole.
import type { BlockStart, ChatEvent } from '../../core/event.ts';
import { asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { itemType } from './items.ts';
import { reasoningText } from './reasoning-items.ts';

export class PassedText {
  /** The block that is open; null where none is. */
  block: BlockStart | null = null;
  refused = false;
  readonly #said = { message: '', reasoning: '', call: '' };

  constructor(events: Iterable<ChatEvent>) {
    for (const event of events) this.#observe(event);
  }

  /** Whether the open block is this item's. */
  goesOnIn(item: JsonObject): boolean {
    const kind = this.block?.kind;
    switch (itemType(item)) {
      case 'message':
        return kind === 'text' || kind === 'refusal';
      case 'reasoning':
        return kind === 'reasoning';
      default:
        return kind === 'tool-use';
    }
  }

  /** Passes over what is whole, item by item in their order. @param parts the whole ones; null: all are. */
  skip(item: JsonObject, parts: readonly JsonObject[] | null): void {
    const said = this.#said;
    switch (itemType(item)) {
      case 'message':
        for (const part of parts ?? asObjects(item.content))
          said.message = said.message.slice(textOf(part).length);
        return;
      case 'reasoning':
        if (parts === null) said.reasoning = said.reasoning.slice(reasoningText(item).length);
        // Its parts are read as one text, a blank line between them.
        for (const text of (parts ?? []).map(textOf))
          said.reasoning = said.reasoning.slice(text === '' ? 0 : text.length + 2);
        return;
      default:
        return;
    }
  }

  /** What is left, once. */
  take(of: 'message' | 'reasoning' | 'call'): string {
    const text = this.#said[of];
    this.#said[of] = '';
    return text;
  }

  #observe(event: ChatEvent): void {
    const said = this.#said;
    switch (event.type) {
      case 'block-start':
        this.block = event.block;
        this.refused ||= event.block.kind === 'refusal';
        said.call = '';
        return;
      case 'block-delta': {
        const { delta } = event;
        if (delta.kind === 'text' || delta.kind === 'refusal') said.message += delta.text;
        else if (delta.kind === 'reasoning') said.reasoning += delta.text;
        else if (delta.kind === 'arguments') said.call += delta.json;
        return;
      }
      case 'block-end':
        this.block = null;
        return;
      case 'start':
      case 'usage':
      case 'finish':
      case 'error':
        return;
    }
  }
}

function textOf(part: JsonObject): string {
  return asString(part.text) ?? asString(part.refusal) ?? '';
}
