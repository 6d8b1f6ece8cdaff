// An output item of this wire while it is being written, and what it tells a stream of.
import type { BlockDelta } from '../../core/event.ts';
import type { JsonObject } from '../../lib/json.ts';

/** Told of each event: its type and members. */
export type Tell = (type: string, members: JsonObject) => void;

export type ItemStatus = 'completed' | 'incomplete';

/** An item that is not over. */
export interface OpenItem {
  add(delta: BlockDelta): void;
  /** The block is over; the item may go on. */
  endBlock(): void;
  /** The item as it stands in the output; null where it was never told of. */
  close(status: ItemStatus): JsonObject | null;
}

/** Where an item stands; in every event of its. */
export interface Place {
  readonly output_index: number;
  readonly item_id: string;
}

/** A part of which the caller has the beginning. */
export interface BegunPart {
  readonly of: 'content' | 'summary';
  /** As it was added. */
  readonly part: JsonObject;
  readonly text: string;
  readonly annotations: readonly JsonObject[];
  /** True: the caller was told that the text is whole, but not that the part is. */
  readonly whole: boolean;
}

/** An item of which the caller has the beginning: as it was added, its parts that are over, and the one that is not. */
export interface BegunItem {
  readonly item: JsonObject;
  readonly content: readonly JsonObject[];
  readonly summary: readonly JsonObject[];
  readonly open: BegunPart | null;
}
