// An item of an answer that only this wire can carry: told when it is whole, so that it holds nothing up.
import type { JsonObject } from '../../lib/json.ts';
import { DIALECT } from './hosted-tools.ts';
import type { ItemReader } from './item-reader.ts';
import { itemType } from './items.ts';
import type { Lanes } from './lanes.ts';

export class OpaqueReader implements ItemReader {
  readonly type: string;
  readonly #lanes: Lanes;
  #item: JsonObject;
  over = false;

  constructor(lanes: Lanes, item: JsonObject) {
    this.#lanes = lanes;
    this.#item = item;
    this.type = itemType(item);
  }

  done(item: JsonObject): void {
    if (this.over) return;
    this.over = true;
    const lane = this.#lanes.open();
    lane.start({ kind: 'opaque', dialect: DIALECT, value: item });
    lane.close();
  }

  /** As far as it got: that it was begun is part of the answer. */
  abandon(): void {
    this.done(this.#item);
  }
}
