// SpoolRing: bytes on their way from the main thread to the one that writes the spool, and how far that one is, in memory both
// see. One puts, one takes. All that the writing needs to go on is here, so that another thread can take it over at any byte.
import type { SpoolPosition } from './spool-folder.ts';

const RING_BYTES = 1024 * 1024;
/** Of the youngest segments it is known how many bytes came before: as many as are 32 GB. */
const STARTS = 4096;
const LINE_BREAK = 10;
const [HEAD, TAIL, ASLEEP, STOP, TURN_OVER, MID_LINE, CELLS] = [0, 1, 2, 3, 4, 5, 8];
const [ROWS, POSITION, FIGURES] = [0, 1, 2];
/** Every segment is far smaller. */
const MAX_OFFSET = 2 ** 31;
const FIGURES_AT = CELLS * Int32Array.BYTES_PER_ELEMENT;
const STARTS_AT = FIGURES_AT + FIGURES * Float64Array.BYTES_PER_ELEMENT;
const BYTES_AT = STARTS_AT + STARTS * Float64Array.BYTES_PER_ELEMENT;

export class SpoolRing {
  readonly shared: SharedArrayBuffer;
  /** Bytes put and taken, as 32-bit counters that run over. */
  readonly #cells: Int32Array;
  readonly #figures: Float64Array;
  readonly #starts: Float64Array;
  readonly #bytes: Buffer;

  constructor(shared?: SharedArrayBuffer) {
    this.shared = shared ?? new SharedArrayBuffer(BYTES_AT + RING_BYTES);
    this.#cells = new Int32Array(this.shared, 0, CELLS);
    this.#figures = new Float64Array(this.shared, FIGURES_AT, FIGURES);
    this.#starts = new Float64Array(this.shared, STARTS_AT, STARTS);
    this.#bytes = Buffer.from(this.shared, BYTES_AT, RING_BYTES);
    if (shared === undefined) this.#figures[POSITION] = MAX_OFFSET;
  }

  get used(): number {
    return (Atomics.load(this.#cells, HEAD) - Atomics.load(this.#cells, TAIL)) | 0;
  }

  /** Lines in the files. */
  get rows(): number {
    return this.#figures[ROWS] ?? 0;
  }

  /** The end of what is in the files. One number, so that the other thread never sees half of it. */
  get position(): SpoolPosition {
    const packed = this.#figures[POSITION] ?? 0;
    return { segment: Math.floor(packed / MAX_OFFSET), offset: packed % MAX_OFFSET };
  }

  /** Bytes of the segments before this one. */
  bytesBefore(segment: number): number {
    return this.#starts[segment % STARTS] ?? 0;
  }

  /** The whole text or nothing of it. */
  put(text: string): boolean {
    const head = Atomics.load(this.#cells, HEAD);
    const at = head & (RING_BYTES - 1);
    const most = text.length * 3;
    if (most > RING_BYTES - this.used) return false;
    if (most > RING_BYTES - at) {
      this.putSome(Buffer.from(text));
      return true;
    }
    const length = this.#bytes.write(text, at);
    Atomics.store(this.#cells, HEAD, (head + length) | 0);
    return true;
  }

  /** As many bytes as there is room for: how many. */
  putSome(bytes: Uint8Array): number {
    const head = Atomics.load(this.#cells, HEAD);
    const at = head & (RING_BYTES - 1);
    const length = Math.min(bytes.length, RING_BYTES - this.used);
    const first = Math.min(length, RING_BYTES - at);
    this.#bytes.set(bytes.subarray(0, first), at);
    this.#bytes.set(bytes.subarray(first, length), 0);
    Atomics.store(this.#cells, HEAD, (head + length) | 0);
    return length;
  }

  /** What is to be written next, as it lies in the ring: up to its end. */
  peek(): Uint8Array {
    const at = Atomics.load(this.#cells, TAIL) & (RING_BYTES - 1);
    return this.#bytes.subarray(at, at + Math.min(this.used, RING_BYTES - at));
  }

  /** These bytes, which `peek` gave, are in the file. */
  written(bytes: Uint8Array): void {
    let rows = 0;
    for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, at + 1))
      rows += 1;
    this.#figures[POSITION] = (this.#figures[POSITION] ?? 0) + bytes.length;
    this.#figures[ROWS] = this.rows + rows;
    Atomics.store(this.#cells, MID_LINE, bytes.at(-1) === LINE_BREAK ? 0 : 1);
    Atomics.add(this.#cells, TAIL, bytes.length);
  }

  /** What is written next begins a line: a segment may begin with it. */
  get isBetweenLines(): boolean {
    return Atomics.load(this.#cells, MID_LINE) === 0;
  }

  nextSegment(): void {
    const { segment, offset } = this.position;
    this.#starts[(segment + 1) % STARTS] = this.bytesBefore(segment) + offset;
    this.#figures[POSITION] = (segment + 1) * MAX_OFFSET;
    Atomics.store(this.#cells, TURN_OVER, 0);
  }

  get isToTurnOver(): boolean {
    return Atomics.load(this.#cells, TURN_OVER) === 1;
  }

  turnOver(): void {
    Atomics.store(this.#cells, TURN_OVER, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#cells, STOP) === 1;
  }

  stop(): void {
    Atomics.store(this.#cells, STOP, 1);
    Atomics.notify(this.#cells, STOP);
    this.wake();
  }

  /** Waits for something to be put, however long. Blocks the thread. */
  sleep(): void {
    Atomics.store(this.#cells, ASLEEP, 1);
    if (this.used === 0 && !this.isStopped) Atomics.wait(this.#cells, ASLEEP, 1);
    Atomics.store(this.#cells, ASLEEP, 0);
  }

  /** Waits that long, unless it is stopped. Blocks the thread. */
  pause(ms: number): void {
    Atomics.wait(this.#cells, STOP, 0, ms);
  }

  /** Something was put. A call of the system only where the other thread sleeps. */
  wake(): void {
    if (Atomics.load(this.#cells, ASLEEP) === 0) return;
    if (Atomics.exchange(this.#cells, ASLEEP, 0) === 1) Atomics.notify(this.#cells, ASLEEP);
  }
}
