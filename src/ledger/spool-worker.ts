// The thread that writes the spool: what the main thread puts into the ring is in the file some milliseconds later, whatever the
// disk does to whoever waits for it. It hears nothing but the ring: it never goes back to its event loop.
import { IngestFigures } from './spool/ingest-figures.ts';
import { openSegment } from './spool/segment-file.ts';
import { SegmentWriter } from './spool/segment-writer.ts';
import { SpoolRing } from './spool/spool-ring.ts';

declare const self: Worker;

export interface SpoolWork {
  readonly ring: SharedArrayBuffer;
  readonly ingest: SharedArrayBuffer;
  readonly folder: string;
  readonly segmentBytes: number;
}

export type FromSpoolWorker =
  /** It may have the ring. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'finished'; readonly path: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'working' }
  | { readonly kind: 'stopped' };

/** Rows that come together are cheaper. */
const GAP_MS = 10;
/** So long after a row it looks by itself for the next: to wake a thread that sleeps costs the main thread more than a row. */
const ALERT_MS = 1000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5000;

self.onmessage = (event: MessageEvent<SpoolWork>) => write(event.data);
say({ kind: 'ready' });

function say(message: FromSpoolWorker): void {
  self.postMessage(message);
}

function write({ ring: shared, ingest: figures, folder, segmentBytes }: SpoolWork): void {
  const ring = new SpoolRing(shared);
  const ingest = new IngestFigures(figures);
  const onFinished = (path: string) => say({ kind: 'finished', path });
  const writer = new SegmentWriter({ ring, folder, open: openSegment, segmentBytes, onFinished });
  let failures = 0;
  let lastRow = performance.now();
  while (!ring.isStopped) {
    try {
      if (writer.write()) {
        lastRow = performance.now();
        ingest.wake();
        if (failures > 0) say({ kind: 'working' });
        failures = 0;
      }
    } catch (error) {
      const { code = '', message = String(error) } = error as { code?: string; message?: string };
      say({ kind: 'failed', code, message });
      ring.pause(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures));
      failures += 1;
      continue;
    }
    if (performance.now() - lastRow < ALERT_MS) ring.pause(GAP_MS);
    else ring.sleep();
  }
  writer.close();
  say({ kind: 'stopped' });
}
