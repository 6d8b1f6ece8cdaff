// OtlpFigures: how the export is doing, in memory that both threads see, so that telling it costs the main thread nothing.

const NAMES = [
  'spansExported',
  /** Those the collector would not have. */
  'spansFailed',
  'metricExports',
  'metricFailures',
  /** Files of the spool that were gone before they were read: the collector was away for too long. */
  'skippedSegments',
  /** When the oldest request ended that is read and not exported; 0: there is none. Unix milliseconds. */
  'oldestAt',
] as const;

export type OtlpFigure = (typeof NAMES)[number];

export class OtlpFigures {
  readonly shared: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(shared = new SharedArrayBuffer(NAMES.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#values = new Float64Array(shared);
  }

  get(name: OtlpFigure): number {
    return this.#values[NAMES.indexOf(name)] ?? 0;
  }

  set(name: OtlpFigure, value: number): void {
    this.#values[NAMES.indexOf(name)] = value;
  }

  add(name: OtlpFigure, more: number): void {
    this.set(name, this.get(name) + more);
  }
}
