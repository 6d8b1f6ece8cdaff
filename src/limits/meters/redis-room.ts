// HeldRoom: room that was made for one request, given back once.
import type { MeterReading, Reservation, Taken } from './meter.ts';

export class HeldRoom implements Reservation {
  readonly readings: readonly MeterReading[];
  #over: ((taken: Taken) => void) | null;

  constructor(readings: readonly MeterReading[], over: (taken: Taken) => void) {
    this.readings = readings;
    this.#over = over;
  }

  settle(taken: Taken): void {
    const over = this.#over;
    this.#over = null;
    over?.(taken);
  }
}
