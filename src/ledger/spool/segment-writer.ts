// SegmentWriter: takes what is in the ring into the segments of a spool. Whatever the system says to a write, the same bytes are
// tried again at the same place, so that no line is there twice or torn.
import type { OpenSegment, SegmentFile } from './segment-file.ts';
import { segmentPath } from './spool-folder.ts';
import type { SpoolRing } from './spool-ring.ts';

export const SEGMENT_BYTES = 8 * 1024 * 1024;

export interface SegmentWriterOptions {
  readonly ring: SpoolRing;
  readonly folder: string;
  readonly open: OpenSegment;
  readonly segmentBytes: number;
  /** A segment is finished. */
  readonly onFinished: (path: string) => void;
}

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #file: SegmentFile | null = null;
  #segment = 0;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /** All there is. False: there was nothing. Throws the system's errors; the next attempt opens the file anew. */
  write(): boolean {
    try {
      return this.#writeAll();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const file = this.#file;
    this.#file = null;
    file?.close();
  }

  #writeAll(): boolean {
    const { ring, folder, open, segmentBytes } = this.#options;
    let hasWritten = false;
    for (let bytes = ring.peek(); bytes.length > 0; bytes = ring.peek()) {
      const isFull = ring.position.offset >= segmentBytes;
      if ((isFull || ring.isToTurnOver) && ring.isBetweenLines) this.#nextSegment();
      const { segment, offset } = ring.position;
      if (segment !== this.#segment) this.close();
      this.#file ??= open(segmentPath(folder, segment));
      this.#segment = segment;
      for (let done = 0; done < bytes.length; ) {
        const taken = this.#file.write(bytes.subarray(done), offset + done);
        if (taken === 0) throw Object.assign(new Error('write took nothing'), { code: 'ENOSPC' });
        done += taken;
      }
      ring.written(bytes);
      hasWritten = true;
    }
    return hasWritten;
  }

  #nextSegment(): void {
    const { ring, folder, onFinished } = this.#options;
    const { segment } = ring.position;
    this.close();
    ring.nextSegment();
    onFinished(segmentPath(folder, segment));
  }
}
