// The thread that knows all prompts that have answers, and finds the nearest.

import type { LogLevel } from '../../lib/log.ts';
import type { Marks } from '../owner-marks.ts';
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
  readonly whose: Marks;
}

export interface KnownFigures {
  readonly entries: number;
  readonly partitions: number;
  /** About what they take up. */
  readonly bytes: number;
  readonly evicted: number;
  readonly expired: number;
}

export type ToSearch =
  /** `drops`: those that an earlier thread may not have come to. */
  | {
      readonly kind: 'open';
      readonly options: KnownOptions;
      readonly drops: readonly Marks[];
    }
  /** It will be searched: what outlived an earlier process is read. */
  | { readonly kind: 'begin'; readonly now: number }
  | {
      readonly kind: 'find';
      readonly id: number;
      readonly asked: AskedMeaning;
      readonly now: number;
    }
  | { readonly kind: 'add'; readonly added: AddedMeaning; readonly now: number }
  | { readonly kind: 'forget'; readonly key: string }
  /** All of theirs; '' for any. */
  | { readonly kind: 'drop'; readonly id: number; readonly whose: Marks }
  | { readonly kind: 'prune'; readonly now: number }
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'close' };

export type FromSearch =
  | { readonly kind: 'found'; readonly id: number; readonly found: MeaningFound | null }
  /** `isDone`: wherever they stood, on disk and in Redis too. */
  | { readonly kind: 'dropped'; readonly id: number; readonly isDone: boolean }
  /** By another replica. */
  | { readonly kind: 'dropped-elsewhere'; readonly whose: Marks }
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
      open(message.options, message.drops);
      break;
    case 'begin':
      known?.begin(message.now);
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
    case 'forget':
      known?.forget(message.key);
      tellFigures();
      break;
    case 'drop':
      void drop(message.id, message.whose);
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

function open(options: KnownOptions, drops: readonly Marks[]): void {
  known = new KnownMeanings(options, {
    log: (level, message) => reply({ kind: 'log', level, message }),
    droppedElsewhere: (whose) => {
      reply({ kind: 'dropped-elsewhere', whose });
      tellFigures();
    },
  });
  for (const whose of drops) void known.drop(whose);
  tellFigures();
}

async function drop(id: number, whose: Marks): Promise<void> {
  const isDone = (await known?.drop(whose)) ?? false;
  reply({ kind: 'dropped', id, isDone });
  tellFigures();
}

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
