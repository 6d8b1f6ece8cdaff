// HeldRoom: room that was made for one request, given back once.
import type { MeterReading, Reservation, Taken } from './meter.ts';

/** Who made the room: one for all of them, so that a request costs no functions of its own. */
export interface RoomKeeper<Held> {
  readingsOf(held: Held): readonly MeterReading[];
  settle(held: Held, taken: Taken): void;
}

export class HeldRoom<Held> implements Reservation {
  readonly #held: Held;
  readonly #keeper: RoomKeeper<Held>;
  #isOver = false;

  constructor(held: Held, keeper: RoomKeeper<Held>) {
    this.#held = held;
    this.#keeper = keeper;
  }

  /** Made when they are asked for: only callers whose rates are limited are told. */
  get readings(): readonly MeterReading[] {
    return this.#keeper.readingsOf(this.#held);
  }

  settle(taken: Taken): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#keeper.settle(this.#held, taken);
  }
}
