// Blocks → output items of this wire, with every event a stream tells of them on the way. Texts that follow each other are
// parts of one message; every other block is an item of its own.
// The order: platform.openai.com/docs/api-reference/responses-streaming
import type { ReplyContext } from '../../core/dialect.ts';
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { asString } from '../../lib/json.ts';
import { annotationOf } from './encode-citation.ts';
import { DIALECT } from './hosted-tools.ts';
import { itemId } from './items.ts';
import { shownState } from './reasoning-items.ts';

/** Told of each event: its type and members. */
export type Tell = (type: string, members: JsonObject) => void;

type Status = 'completed' | 'incomplete';

/** An item that is not over. `close` gives it as it stands in the output. */
interface OpenItem {
  add(delta: BlockDelta): void;
  /** The block is over; the item may go on. */
  endBlock(): void;
  close(status: Status): JsonObject;
}

export class OutputItems {
  readonly #context: ReplyContext;
  readonly #tell: Tell;
  readonly #lost = new Set<string>();
  readonly done: JsonObject[] = [];
  #open: OpenItem | null = null;
  /** True: the deltas of the open block go nowhere. */
  #skips = false;
  refused = false;

  constructor(context: ReplyContext, tell: Tell) {
    this.#context = context;
    this.#tell = tell;
  }

  start(block: BlockStart): void {
    this.#skips = false;
    const isText = block.kind === 'text' || block.kind === 'refusal';
    if (isText && this.#open instanceof MessageItem) {
      this.#open.next(block.kind);
      return;
    }
    this.close('completed');
    this.#open = this.#opened(block);
  }

  delta(delta: BlockDelta): void {
    if (!this.#skips) this.#open?.add(delta);
    if (delta.kind === 'refusal') this.refused = true;
  }

  end(): void {
    this.#open?.endBlock();
  }

  /** What is open is over, whole or cut off. */
  close(status: Status): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    open.endBlock();
    // A message nothing was said in was never told of.
    if (open instanceof MessageItem && !open.told) return;
    const item = open.close(status);
    this.#tell('response.output_item.done', { output_index: this.done.length, item: item as Json });
    this.done.push(item);
  }

  #opened(block: BlockStart): OpenItem | null {
    const index = this.done.length;
    const { id } = this.#context;
    switch (block.kind) {
      case 'text':
      case 'refusal': {
        const place = { output_index: index, item_id: itemId('message', id, index) };
        return new MessageItem(block.kind, place, this.#tell, (what) => this.#lose(what));
      }
      case 'reasoning':
      case 'redacted-reasoning': {
        this.#skips = this.#context.excludeReasoning;
        if (this.#skips) return null;
        const place = { output_index: index, item_id: itemId('reasoning', id, index) };
        return new ReasoningItem(block, place, this.#tell);
      }
      case 'tool-use': {
        const kind = block.custom ? 'custom_tool_call' : 'function_call';
        const place = { output_index: index, item_id: itemId(kind, id, index) };
        return new CallItem(block, place, this.#tell);
      }
      case 'opaque':
        return this.#opaque(block);
    }
  }

  #opaque(block: BlockStart & { kind: 'opaque' }): OpenItem | null {
    const { value } = block;
    if (block.dialect !== DIALECT) {
      this.#lose(
        `reply: a ${asString(value.type) ?? 'hosted'} block of ${block.dialect} has no place in a response`,
      );
      return null;
    }
    this.#tell('response.output_item.added', {
      output_index: this.done.length,
      item: value as Json,
    });
    return { add: () => undefined, endBlock: () => undefined, close: () => value };
  }

  #lose(what: string): void {
    if (this.#lost.has(what)) return;
    this.#lost.add(what);
    this.#context.lose(what);
  }
}

/** Where an item stands; in every event of its. */
interface Place {
  readonly output_index: number;
  readonly item_id: string;
}

class MessageItem implements OpenItem {
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #lose: (what: string) => void;
  readonly #content: JsonObject[] = [];
  #kind: 'text' | 'refusal';
  #text = '';
  #citations: Extract<BlockDelta, { kind: 'citation' }>[] = [];
  #partOpen = false;
  told = false;

  constructor(
    kind: 'text' | 'refusal',
    place: Place,
    tell: Tell,
    lose: (what: string) => void,
  ) {
    this.#kind = kind;
    this.#place = place;
    this.#tell = tell;
    this.#lose = lose;
  }

  next(kind: 'text' | 'refusal'): void {
    this.endBlock();
    this.#kind = kind;
  }

  add(delta: BlockDelta): void {
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
    if (this.#kind === 'refusal') this.#say('response.refusal.done', { refusal: text });
    else this.#say('response.output_text.done', { text, logprobs: [] });
    const part = partOf(this.#kind, text, annotations);
    this.#say('response.content_part.done', { part: part as Json });
    this.#content.push(part);
  }

  close(status: Status): JsonObject {
    return this.#item(status, this.#content);
  }

  #openPart(): void {
    if (this.#partOpen) return;
    if (!this.told) {
      this.told = true;
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
    const annotations: JsonObject[] = [];
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

  #item(status: Status | 'in_progress', content: readonly JsonObject[]): JsonObject {
    const id = this.#place.item_id;
    return { id, type: 'message', status, content: [...content] as Json[], role: 'assistant' };
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
