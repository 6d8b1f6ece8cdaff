// IngestFigures: how the ingest worker is doing, in memory that both threads see, so that telling it costs the main thread nothing.
import type { SpoolPosition } from './spool-folder.ts';

const NAMES = [
  /** Rows of this process that are in the database (or refused, or late): since the start. */
  'settledRows',
  'written',
  'refused',
  /** Rows of days that retention has dropped. */
  'late',
  /** Place in the own spool up to which everything is settled. */
  'position',
  /** When the oldest row ended that the worker has read and not settled; 0: there is none. */
  'oldestAt',
  /** 1 while the database takes nothing. */
  'isDown',
  /** Of spools of dead processes: not in the database yet. */
  'adoptedBytes',
  /** Segments that went with their spool before another consumer than the database had read them. */
  'skippedSegments',
] as const;

type FigureName = (typeof NAMES)[number];

const VALUES_BYTES = NAMES.length * Float64Array.BYTES_PER_ELEMENT;

/** Every segment is far smaller. */
const MAX_OFFSET = 2 ** 31;

export class IngestFigures {
  readonly shared: SharedArrayBuffer;
  readonly #values: Float64Array;
  readonly #asleep: Int32Array;

  constructor(shared = new SharedArrayBuffer(VALUES_BYTES + Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#values = new Float64Array(shared, 0, NAMES.length);
    this.#asleep = new Int32Array(shared, VALUES_BYTES, 1);
  }

  get(name: FigureName): number {
    return this.#values[NAMES.indexOf(name)] ?? 0;
  }

  set(name: FigureName, value: number): void {
    this.#values[NAMES.indexOf(name)] = value;
  }

  add(name: FigureName, more: number): void {
    this.set(name, this.get(name) + more);
  }

  /** The worker waits to be woken. It looks for rows once more after it said so, so that none comes in between. @return resolves when it was */
  async asleep(): Promise<void> {
    Atomics.store(this.#asleep, 0, 1);
    await Atomics.waitAsync(this.#asleep, 0, 1).value;
  }

  /** Something was appended. From any thread; a call of the system only where the worker sleeps. */
  wake(): void {
    if (Atomics.exchange(this.#asleep, 0, 0) === 1) Atomics.notify(this.#asleep, 0);
  }

  /** One number, so that the other thread never sees half of it. */
  get position(): SpoolPosition {
    const packed = this.get('position');
    return { segment: Math.floor(packed / MAX_OFFSET), offset: packed % MAX_OFFSET };
  }

  set position({ segment, offset }: SpoolPosition) {
    this.set('position', segment * MAX_OFFSET + offset);
  }
}
