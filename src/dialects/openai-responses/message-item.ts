// A message of the output while it is being written: its texts and refusals are its content parts.
import type { BlockDelta } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { annotationOf } from './encode-citation.ts';
import type { BegunItem, BegunPart, ItemStatus, OpenItem, Place, Tell } from './open-item.ts';

export class MessageItem implements OpenItem {
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #lose: (what: string) => void;
  readonly #begun: JsonObject;
  readonly #content: JsonObject[];
  #kind: 'text' | 'refusal';
  #text = '';
  #citations: Extract<BlockDelta, { kind: 'citation' }>[] = [];
  #partOpen = false;
  /** The open part, where it began elsewhere. */
  #part: BegunPart | null;
  #told: boolean;

  constructor(
    kind: 'text' | 'refusal',
    place: Place,
    tell: Tell,
    lose: (what: string) => void,
    begun: BegunItem | null = null,
  ) {
    this.#kind = kind;
    this.#begun = begun?.item ?? {};
    this.#content = [...(begun?.content ?? [])];
    this.#part = begun?.open ?? null;
    this.#partOpen = this.#part !== null;
    this.#text = this.#part?.text ?? '';
    this.#told = begun !== null;
    this.#place = place;
    this.#tell = tell;
    this.#lose = lose;
  }

  next(kind: 'text' | 'refusal'): void {
    // A part that was opened and says nothing yet is the next one.
    if (this.#text === '' && kind === this.#kind && !this.#part?.whole) return;
    this.endBlock();
    this.#kind = kind;
  }

  add(delta: BlockDelta): void {
    if (this.#part?.whole) this.endBlock();
    this.#openPart();
    if (delta.kind === 'citation') this.#citations.push(delta);
    if (delta.kind !== 'text' && delta.kind !== 'refusal') return;
    this.#text += delta.text;
    if (this.#kind === 'refusal') this.#say('response.refusal.delta', { delta: delta.text });
    else this.#say('response.output_text.delta', { delta: delta.text, logprobs: [] });
  }

  endBlock(): void {
    if (!this.#partOpen) return;
    this.#partOpen = false;
    const text = this.#text;
    const annotations = this.#annotated();
    if (!this.#part?.whole) this.#sayWhole(text);
    const part = { ...this.#part?.part, ...partOf(this.#kind, text, annotations) };
    this.#part = null;
    this.#say('response.content_part.done', { part: part as Json });
    this.#content.push(part);
  }

  #sayWhole(text: string): void {
    if (this.#kind === 'refusal') this.#say('response.refusal.done', { refusal: text });
    else this.#say('response.output_text.done', { text, logprobs: [] });
  }

  close(status: ItemStatus): JsonObject | null {
    return this.#told ? this.#item(status, this.#content) : null;
  }

  #openPart(): void {
    if (this.#partOpen) return;
    if (!this.#told) {
      this.#told = true;
      const { output_index } = this.#place;
      this.#tell('response.output_item.added', {
        output_index,
        item: this.#item('in_progress', []) as Json,
      });
    }
    this.#partOpen = true;
    this.#text = '';
    this.#citations = [];
    this.#say('response.content_part.added', { part: partOf(this.#kind, '', []) as Json });
  }

  #annotated(): readonly JsonObject[] {
    const annotations = [...(this.#part?.annotations ?? [])];
    for (const citation of this.#citations) {
      const annotation = annotationOf(citation, this.#text.length);
      if (annotation === null) {
        this.#lose(
          'reply.citations: citations of documents have no place in a response, which cites URLs',
        );
        continue;
      }
      const annotation_index = annotations.push(annotation) - 1;
      this.#say('response.output_text.annotation.added', {
        annotation_index,
        annotation: annotation as Json,
      });
    }
    return annotations;
  }

  #say(type: string, members: JsonObject): void {
    const { item_id, output_index } = this.#place;
    const content_index = this.#content.length;
    this.#tell(type, { item_id, output_index, content_index, ...members });
  }

  #item(status: ItemStatus | 'in_progress', content: readonly JsonObject[]): JsonObject {
    const id = this.#place.item_id;
    const own = { id, type: 'message', status, content: [...content] as Json[], role: 'assistant' };
    return { ...this.#begun, ...own };
  }
}

function partOf(
  kind: 'text' | 'refusal',
  text: string,
  annotations: readonly JsonObject[],
): JsonObject {
  if (kind === 'refusal') return { type: 'refusal', refusal: text };
  return { type: 'output_text', annotations: annotations as Json[], logprobs: [], text };
}
