// Pieces of an answer → events that keep the law: one block open at a time, each closed, numbered from 0.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { goesOn, type Piece, saysSomething } from './decode-block.ts';

export class BlockWriter {
  readonly #emit: (event: ChatEvent) => void;
  #index = -1;
  #open: BlockStart | null = null;
  /** True once the open call has got some of its arguments. */
  #argued = false;
  calledTool = false;

  constructor(emit: (event: ChatEvent) => void) {
    this.#emit = emit;
  }

  get open(): BlockStart | null {
    return this.#open;
  }

  begin(block: BlockStart): void {
    this.close();
    this.#index += 1;
    this.#open = block;
    this.#argued = false;
    this.calledTool ||= block.kind === 'tool-use';
    this.#emit({ type: 'block-start', index: this.#index, block });
  }

  add(delta: BlockDelta): void {
    if (!saysSomething(delta)) return;
    this.#argued ||= delta.kind === 'arguments';
    this.#emit({ type: 'block-delta', index: this.#index, delta });
  }

  /** A piece in the open block where it belongs there, else in one of its own. */
  write({ block, delta }: Piece): void {
    const open = this.#open;
    if (open === null || !goesOn(open, block)) this.begin(block);
    if (delta !== null) this.add(delta);
  }

  /** A call without arguments has none, which is an object elsewhere. */
  close(): void {
    if (this.#open === null) return;
    if (this.#open.kind === 'tool-use' && !this.#argued)
      this.add({ kind: 'arguments', json: '{}' });
    this.abandon();
  }

  /** The stream broke here: no invented ending. */
  abandon(): void {
    if (this.#open === null) return;
    this.#open = null;
    this.#emit({ type: 'block-end', index: this.#index });
  }
}
