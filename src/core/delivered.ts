// Delivered: what a caller has been sent of an answer so far: what another model has to go on from, should this one break off.
import type { BlockDelta, BlockStart, ChatEvent } from './event.ts';

/** One block as far as the caller has it. `pieces` are its deltas, those of one kind in a row joined. */
export interface DeliveredBlock {
  readonly start: BlockStart;
  readonly pieces: readonly BlockDelta[];
  readonly closed: boolean;
}

interface OpenBlock {
  readonly start: BlockStart;
  readonly pieces: BlockDelta[];
  closed: boolean;
}

/** Folds events that obey the law of `ChatEvent`, in order, up to wherever they stop. */
export class Delivered {
  readonly #blocks: OpenBlock[] = [];
  #start: Extract<ChatEvent, { type: 'start' }> | null = null;
  /** Characters of everything in it. */
  chars = 0;
  /** Pieces of text it came in: never more than it has tokens. */
  textPieces = 0;

  observe(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#start = event;
        return;
      case 'block-start':
        this.#blocks.push({ start: event.block, pieces: [], closed: false });
        return;
      case 'block-delta':
        this.#add(event.delta);
        return;
      case 'block-end': {
        const open = this.#blocks.at(-1);
        if (open) open.closed = true;
        return;
      }
      case 'usage':
      case 'finish':
      case 'error':
        return;
    }
  }

  /** Whether the answer's start is among it. */
  get begun(): boolean {
    return this.#start !== null;
  }

  get blocks(): readonly DeliveredBlock[] {
    return this.#blocks;
  }

  /** The text of all its text blocks, one after the other. */
  get text(): string {
    let text = '';
    for (const { pieces } of this.#blocks)
      for (const piece of pieces) if (piece.kind === 'text') text += piece.text;
    return text;
  }

  /** The same in the fewest events; a block that was open is open at their end. */
  *events(): Generator<ChatEvent> {
    yield this.#start ?? { type: 'start', id: null, model: null, created: null };
    for (const [index, { start, pieces, closed }] of this.#blocks.entries()) {
      yield { type: 'block-start', index, block: start };
      for (const delta of pieces) yield { type: 'block-delta', index, delta };
      if (closed) yield { type: 'block-end', index };
    }
  }

  #add(delta: BlockDelta): void {
    const pieces = this.#blocks.at(-1)?.pieces;
    if (pieces === undefined) return;
    this.chars += sizeOf(delta);
    if (delta.kind === 'text') this.textPieces += 1;
    const last = pieces.at(-1);
    const joined = last === undefined ? null : join(last, delta);
    if (joined === null) pieces.push(delta);
    else pieces[pieces.length - 1] = joined;
  }
}

function join(a: BlockDelta, b: BlockDelta): BlockDelta | null {
  if (a.kind === 'arguments' && b.kind === 'arguments')
    return { kind: 'arguments', json: a.json + b.json };
  if (a.kind === 'signature' && b.kind === 'signature')
    return { kind: 'signature', signature: a.signature + b.signature };
  if (a.kind === 'text' && b.kind === 'text') return { kind: 'text', text: a.text + b.text };
  if (a.kind === 'reasoning' && b.kind === 'reasoning')
    return { kind: 'reasoning', text: a.text + b.text };
  if (a.kind === 'refusal' && b.kind === 'refusal')
    return { kind: 'refusal', text: a.text + b.text };
  return null;
}

function sizeOf(delta: BlockDelta): number {
  if ('text' in delta) return delta.text.length;
  if (delta.kind === 'arguments') return delta.json.length;
  return delta.kind === 'signature' ? delta.signature.length : 0;
}
