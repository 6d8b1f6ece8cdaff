// A reasoning item of the output while it is being written: what there is to show is its summary, state whoever's it is
// its encrypted content.
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { OpenItem, Place, Tell } from './open-item.ts';
import { shownState, summaryOf } from './reasoning-items.ts';

type ReasoningStart = BlockStart & { kind: 'reasoning' | 'redacted-reasoning' };

export class ReasoningItem implements OpenItem {
  readonly #start: ReasoningStart;
  readonly #place: Place;
  readonly #tell: Tell;
  #text = '';
  #state = '';
  #told = false;
  #partOpen = false;

  constructor(start: ReasoningStart, place: Place, tell: Tell) {
    this.#start = start;
    this.#place = place;
    this.#tell = tell;
    if (start.kind === 'redacted-reasoning') {
      this.#state = start.data;
      this.#open();
    }
  }

  add(delta: BlockDelta): void {
    if (delta.kind === 'signature' && delta.signature !== '') {
      this.#open();
      this.#state += delta.signature;
    }
    if (delta.kind !== 'reasoning' || delta.text === '') return;
    this.#open();
    if (!this.#partOpen) {
      this.#partOpen = true;
      this.#say('part.added', { part: { type: 'summary_text', text: '' } });
    }
    this.#text += delta.text;
    this.#say('text.delta', { delta: delta.text });
  }

  endBlock(): void {
    if (!this.#partOpen) return;
    this.#partOpen = false;
    const text = this.#text;
    this.#say('text.done', { text });
    this.#say('part.done', { part: { type: 'summary_text', text } });
  }

  close(): JsonObject | null {
    return this.#told ? this.#item(summaryOf(this.#text), this.#shown()) : null;
  }

  #open(): void {
    if (this.#told) return;
    this.#told = true;
    const { output_index } = this.#place;
    this.#tell('response.output_item.added', {
      output_index,
      item: this.#item([], null) as Json,
    });
  }

  #shown(): string | null {
    if (this.#state === '') return null;
    const redacted = this.#start.kind === 'redacted-reasoning';
    const { item_id: id } = this.#place;
    return shownState(this.#state, this.#start.format ?? null, { id, redacted });
  }

  #say(what: string, members: JsonObject): void {
    const { item_id, output_index } = this.#place;
    this.#tell(`response.reasoning_summary_${what}`, {
      item_id,
      output_index,
      summary_index: 0,
      ...members,
    });
  }

  #item(summary: Json, encrypted: string | null): JsonObject {
    return {
      id: this.#place.item_id,
      type: 'reasoning',
      ...(encrypted === null ? {} : { encrypted_content: encrypted }),
      summary,
    };
  }
}
