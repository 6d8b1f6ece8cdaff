// The thread that knows all prompts that have answers, and finds the nearest.

import type { LogLevel } from '../../lib/log.ts';
import { KnownMeanings, type KnownOptions } from './known-meanings.ts';
import type { MeaningFound } from './meaning.ts';

declare const self: Worker;

export interface AskedMeaning {
  readonly partition: string;
  readonly text: string;
  readonly vector: Float32Array;
  readonly threshold: number;
}

export interface AddedMeaning {
  readonly partition: string;
  readonly key: string;
  readonly text: string;
  readonly vector: Float32Array;
  readonly expiresAt: number;
}

export interface KnownFigures {
  readonly entries: number;
  readonly partitions: number;
  /** About what they take up. */
  readonly bytes: number;
  readonly evicted: number;
  readonly expired: number;
}

/** Which entries are meant: of these partitions, and those with these keys. */
export interface MeaningsToDrop {
  readonly partitions?: readonly string[];
  readonly keys?: readonly string[];
}

export type ToSearch =
  | { readonly kind: 'open'; readonly options: KnownOptions; readonly now: number }
  | {
      readonly kind: 'find';
      readonly id: number;
      readonly asked: AskedMeaning;
      readonly now: number;
    }
  | { readonly kind: 'add'; readonly added: AddedMeaning; readonly now: number }
  | { readonly kind: 'drop'; readonly what: MeaningsToDrop }
  | { readonly kind: 'prune'; readonly now: number }
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'close' };

export type FromSearch =
  | { readonly kind: 'found'; readonly id: number; readonly found: MeaningFound | null }
  | { readonly kind: 'figures'; readonly figures: KnownFigures }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'closed' };

const FIGURES_EVERY_MS = 1000;

let known: KnownMeanings | null = null;
let figuresDue: Timer | null = null;

self.onmessage = (event: MessageEvent<ToSearch>) => {
  const message = event.data;
  switch (message.kind) {
    case 'open':
      known = new KnownMeanings(message.options, message.now, (level, text) =>
        reply({ kind: 'log', level, message: text }),
      );
      tellFigures();
      break;
    case 'find': {
      const { id, asked, now } = message;
      reply({ kind: 'found', id, found: known?.find(asked, now) ?? null });
      break;
    }
    case 'add':
      known?.add(message.added, message.now);
      tellFigures();
      break;
    case 'drop':
      known?.drop(message.what);
      tellFigures();
      break;
    case 'prune':
      known?.prune(message.now);
      tellFigures();
      break;
    case 'flush':
      void flush(message.id);
      break;
    case 'close':
      void close();
      break;
    default:
      message satisfies never;
  }
};

async function flush(id: number): Promise<void> {
  await known?.flush();
  if (known !== null) reply({ kind: 'figures', figures: known.figures() });
  reply({ kind: 'flushed', id });
}

async function close(): Promise<void> {
  const closing = known;
  known = null;
  if (figuresDue !== null) clearTimeout(figuresDue);
  await closing?.close();
  reply({ kind: 'closed' });
}

/** Soon, and for many changes together. */
function tellFigures(): void {
  figuresDue ??= setTimeout(() => {
    figuresDue = null;
    if (known !== null) reply({ kind: 'figures', figures: known.figures() });
  }, FIGURES_EVERY_MS);
}

function reply(message: FromSearch): void {
  self.postMessage(message);
}
