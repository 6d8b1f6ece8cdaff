// The thread that owns the database of what is kept: neither writing nor looking up ever holds up a request.
import { storageError } from '../store/storage-error.ts';
import type { Found, KeptKind, KeptLimits } from './kept.ts';
import { type KeptSealing, KeptTable, UNSEALED } from './kept-table.ts';
import { type PackedChanges, unpacked } from './packed-changes.ts';

declare const self: Worker;

export type ToState =
  | { readonly kind: 'open'; readonly dataDir: string; readonly sealing: KeptSealing }
  /** @see PackedChanges; the limits are JSON as well */
  | ({ readonly kind: 'write'; readonly limits: string } & PackedChanges)
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly tenant: string;
      readonly of: KeptKind;
      readonly keys: readonly string[];
      readonly now: number;
    }
  | { readonly kind: 'prune'; readonly limits: KeptLimits; readonly now: number }
  | { readonly kind: 'close' };

export type FromState =
  | { readonly kind: 'written' }
  /** The database cannot be used now; whatever else was sent is answered for itself. */
  | { readonly kind: 'unopened'; readonly message: string }
  /** Nothing of the batch is written; it may be sent again. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'found'; readonly id: number; readonly found: readonly Found[] }
  /** It is not known whether there is anything. */
  | { readonly kind: 'unread'; readonly id: number }
  | { readonly kind: 'closed' };

let dataDir = '';
let sealing = UNSEALED;
let table: KeptTable | null = null;
let closed = false;

self.onmessage = (event: MessageEvent<ToState>) => {
  const message = event.data;
  switch (message.kind) {
    case 'open': {
      ({ dataDir, sealing } = message);
      // Opened now, so that the first look-up finds it open.
      const problem = attempt(() => undefined);
      if (problem !== null) reply({ kind: 'unopened', message: problem });
      break;
    }
    case 'write': {
      const limits = JSON.parse(message.limits) as KeptLimits;
      const problem = attempt((kept) => kept.write(unpacked(message), limits));
      reply(problem === null ? { kind: 'written' } : { kind: 'failed', message: problem });
      break;
    }
    case 'read': {
      const { id, tenant, of, keys, now } = message;
      let found: readonly Found[] = [];
      const problem = attempt((kept) => {
        found = kept.read(tenant, of, keys, now);
      });
      reply(problem === null ? { kind: 'found', id, found } : { kind: 'unread', id });
      break;
    }
    case 'prune':
      prune(message.limits, message.now);
      break;
    case 'close':
      closed = true;
      drop();
      reply({ kind: 'closed' });
      break;
    default:
      message satisfies never;
  }
};

function reply(message: FromState): void {
  self.postMessage(message);
}

/** What went wrong, or null. After a failure the next piece of work opens the database anew: it may have been replaced. */
function attempt(work: (kept: KeptTable) => void): string | null {
  try {
    table ??= KeptTable.open(dataDir, sealing);
    work(table);
    return null;
  } catch (error) {
    drop();
    return storageError(error, dataDir).message;
  }
}

/** A piece at a time: between two of them the thread answers others. */
function prune(limits: KeptLimits, now: number): void {
  if (closed) return;
  let more = false;
  attempt((kept) => {
    more = kept.prune(limits, now);
  });
  if (more) setTimeout(() => prune(limits, now), 0);
}

function drop(): void {
  try {
    table?.close();
  } catch {
    // it was unusable already
  }
  table = null;
}
