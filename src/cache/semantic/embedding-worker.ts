// The thread that turns texts into vectors, one at a time: a text takes it tens of milliseconds in which it hears nothing.
import { type LocalModel, loadLocalModel } from './local-model.ts';

declare const self: Worker;

export type ToEmbedding =
  | { readonly kind: 'open' }
  /** `whole`: only if the model reads all of it. */
  | { readonly kind: 'embed'; readonly id: number; readonly text: string; readonly whole: boolean }
  | { readonly kind: 'close' };

export type FromEmbedding =
  | { readonly kind: 'ready'; readonly dimensions: number }
  | { readonly kind: 'unusable'; readonly reason: string }
  /** Null: the model cannot tell it from others. */
  | { readonly kind: 'embedded'; readonly id: number; readonly vector: Float32Array | null }
  | { readonly kind: 'closed' };

let model: LocalModel | null = null;

self.onmessage = (event: MessageEvent<ToEmbedding>) => {
  const message = event.data;
  switch (message.kind) {
    case 'open':
      void open();
      break;
    case 'embed':
      void embed(message);
      break;
    case 'close':
      reply({ kind: 'closed' });
      break;
    default:
      message satisfies never;
  }
};

async function open(): Promise<void> {
  const loaded = await loadLocalModel();
  if (typeof loaded === 'string') {
    reply({ kind: 'unusable', reason: loaded });
    return;
  }
  model = loaded;
  reply({ kind: 'ready', dimensions: loaded.dimensions });
}

async function embed({ id, text, whole }: Extract<ToEmbedding, { kind: 'embed' }>): Promise<void> {
  if (model === null || (whole && !model.tells(text))) {
    reply({ kind: 'embedded', id, vector: null });
    return;
  }
  // A trap leaves the engine in the middle of something: it is not caught, the thread ends, and the next gets a new one.
  reply({ kind: 'embedded', id, vector: await model.embed(text) });
}

function reply(message: FromEmbedding): void {
  self.postMessage(message);
}
