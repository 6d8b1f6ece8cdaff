// The thread that takes rows from the spool into the database, and keeps the database in order.
import type { LogStore } from './log-store.ts';
import { type FromIngest, Ingest, type IngestSettings, type LogRetention } from './spool/ingest.ts';
import type { SpoolPosition } from './spool/spool-folder.ts';

declare const self: Worker;

/** What the main thread says: how to begin, what it waits for, that it is over. */
export type ToIngest =
  | { readonly kind: 'start'; readonly settings: IngestSettings }
  | { readonly kind: 'flush'; readonly id: number; readonly position: SpoolPosition }
  | { readonly kind: 'close' };

let ingest: Ingest | null = null;

self.onmessage = (event: MessageEvent<ToIngest>) => {
  const message = event.data;
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

async function maintain(store: LogStore, now: number, retention: LogRetention): Promise<void> {
  const { runMaintenance } = await import('./usage/maintenance.ts');
  await runMaintenance(store, now, retention);
}
