// PriceFeed: tells the log of each price the first time an attempt's cost is by it.
import type { PriceNotes } from '../ledger/price-notes.ts';
import type { PricesTable } from '../store/tables.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import type { AttemptRecording } from './attempt-recording.ts';

export class PriceFeed implements AttemptObserver {
  readonly #notes: PriceNotes;
  readonly #tell: (price: PricesTable) => void;

  constructor(notes: PriceNotes, tell: (price: PricesTable) => void) {
    this.#notes = notes;
    this.#tell = tell;
  }

  began(): void {
    // It may never be sent.
  }

  committed(): void {
    // Its cost is not known yet.
  }

  ended({ candidate, price }: AttemptRecording): void {
    if (price === null) return;
    const note = this.#notes.note(candidate.id, price);
    if (note !== null) this.#tell(note);
  }
}
