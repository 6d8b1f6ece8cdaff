// The thread that takes rows from the spool into the database, and keeps the database in order.
import { existsSync } from 'node:fs';
import type { LogStore } from './log-store.ts';
import { type FromIngest, Ingest, type IngestSettings } from './spool/ingest.ts';
import type { SpoolPosition } from './spool/spool-folder.ts';

declare const self: Worker;

/** What the main thread says: how to begin, that something was appended, what it waits for, that it is over. */
export type ToIngest =
  | { readonly kind: 'start'; readonly settings: IngestSettings }
  | 'appended'
  | { readonly kind: 'flush'; readonly id: number; readonly position: SpoolPosition }
  | { readonly kind: 'close' };

const MAINTENANCE = new URL('./usage/maintenance.ts', import.meta.url);

let ingest: Ingest | null = null;

self.onmessage = (event: MessageEvent<ToIngest>) => {
  const message = event.data;
  if (message === 'appended') {
    ingest?.wake();
    return;
  }
  switch (message.kind) {
    case 'start':
      ingest = new Ingest({ settings: message.settings, say, maintain, now: Date.now });
      void ingest.run();
      break;
    case 'flush':
      ingest?.flush(message.id, message.position);
      break;
    case 'close':
      ingest?.close();
      break;
    default:
      message satisfies never;
  }
};

function say(message: FromIngest): void {
  self.postMessage(message);
}

/** Its failure is nothing that writing rows should wait for. */
async function maintain(store: LogStore, now: number): Promise<void> {
  if (!existsSync(MAINTENANCE)) return;
  try {
    const { runMaintenance } = (await import(MAINTENANCE.href)) as {
      runMaintenance(store: LogStore, now: number): Promise<void>;
    };
    await runMaintenance(store, now);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say({ kind: 'problem', message: `The log's sums could not be brought up to date: ${why}` });
  }
}
