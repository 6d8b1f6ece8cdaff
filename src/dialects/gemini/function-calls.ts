// Function calls of an answer → tool-use blocks: whole, as nearly always, or their arguments in pieces.
import { asObject, asString, type JsonObject } from '../../lib/json.ts';
import { madeId } from '../made-id.ts';
import type { BlockWriter } from './block-writer.ts';
import { PartialArguments } from './partial-arguments.ts';

export class FunctionCalls {
  readonly #blocks: BlockWriter;
  #count = 0;
  #partial: PartialArguments | null = null;
  /** The reply's id: calls that came without one of their own are named after it, the same each time. */
  seed = '';

  constructor(blocks: BlockWriter) {
    this.#blocks = blocks;
  }

  get any(): boolean {
    return this.#count > 0;
  }

  push(call: JsonObject): void {
    const name = asString(call.name);
    if (name !== undefined && name !== '') {
      this.end();
      this.#blocks.start({ kind: 'tool-use', id: this.#idOf(call), name });
      this.#count += 1;
      if (call.willContinue !== true && call.partialArgs === undefined) {
        this.#close(JSON.stringify(asObject(call.args) ?? {}));
        return;
      }
      this.#partial = new PartialArguments(asObject(call.args));
    }
    if (this.#partial === null) return;
    this.#partial.add(call.partialArgs);
    if (call.willContinue !== true) this.end();
  }

  /** A call whose last piece never came ends where something else begins (recorded). */
  end(): void {
    const partial = this.#partial;
    if (partial === null) return;
    this.#partial = null;
    this.#close(partial.text());
  }

  #close(json: string): void {
    this.#blocks.write({ kind: 'arguments', json });
    this.#blocks.close();
  }

  #idOf(call: JsonObject): string {
    return asString(call.id) || madeId(this.seed || seedOf(call), this.#count);
  }
}

/** Of a reply without an id (recorded): turns that call different things still get different ids. */
function seedOf({ name, args }: JsonObject): string {
  return Bun.hash.wyhash(JSON.stringify([name, args])).toString(36);
}
