// Events → one whole answer: blocks with their deltas joined, and the usage and reason it ended with.
import type { Json, JsonObject } from '../lib/json.ts';
import type { DialectId } from './dialect.ts';
import { GatewayError } from './errors.ts';
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from './event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from './usage.ts';

export interface CollectedCitation {
  readonly dialect: DialectId;
  readonly value: Json;
}

export type CollectedBlock =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly citations: readonly CollectedCitation[];
    }
  | { readonly kind: 'refusal'; readonly text: string }
  | {
      readonly kind: 'reasoning';
      readonly text: string;
      readonly signature: string | null;
      readonly format: string | null;
    }
  | { readonly kind: 'redacted-reasoning'; readonly data: string; readonly format: string | null }
  | {
      readonly kind: 'tool-use';
      readonly id: string;
      readonly name: string;
      readonly arguments: string;
      readonly custom: boolean;
    }
  | { readonly kind: 'opaque'; readonly dialect: DialectId; readonly value: JsonObject };

interface CollectedFinish {
  readonly reason: FinishReason;
  readonly raw: string | null;
  readonly stopSequence: string | null;
  /** The latest known of each kind, whether it came in a usage event or with the finish. */
  readonly usage: Usage;
}

export interface Collected {
  readonly id: string | null;
  readonly model: string | null;
  /** Unix seconds. */
  readonly created: number | null;
  readonly blocks: readonly CollectedBlock[];
  readonly finish: CollectedFinish;
}

/** Folds events that obey the law of `ChatEvent`. Throws the error of an `error` event, and `upstream_stream_truncated` where nothing ends the answer. */
export function collect(events: Iterable<ChatEvent>): Collected {
  let start: { id: string | null; model: string | null; created: number | null } = {
    id: null,
    model: null,
    created: null,
  };
  let usage = UNKNOWN_USAGE;
  const open: OpenBlock[] = [];
  for (const event of events) {
    switch (event.type) {
      case 'start':
        start = { id: event.id, model: event.model, created: event.created };
        break;
      case 'block-start':
        open[event.index] = new OpenBlock(event.block);
        break;
      case 'block-delta':
        open[event.index]?.add(event.delta);
        break;
      case 'block-end':
        break;
      case 'usage':
        usage = laterUsage(usage, event.usage);
        break;
      case 'finish': {
        const { reason, raw, stopSequence } = event;
        const blocks = open.map((block) => block.close());
        return {
          ...start,
          blocks,
          finish: { reason, raw, stopSequence, usage: laterUsage(usage, event.usage) },
        };
      }
      case 'error':
        throw event.error;
    }
  }
  throw new GatewayError(
    'upstream_stream_truncated',
    'The provider ended its answer without finishing it.',
  );
}

class OpenBlock {
  readonly #start: BlockStart;
  readonly #citations: CollectedCitation[] = [];
  #text = '';
  #signature: string | null = null;

  constructor(start: BlockStart) {
    this.#start = start;
  }

  add(delta: BlockDelta): void {
    switch (delta.kind) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        this.#text += delta.text;
        break;
      case 'arguments':
        this.#text += delta.json;
        break;
      case 'signature':
        this.#signature = (this.#signature ?? '') + delta.signature;
        break;
      case 'citation':
        this.#citations.push({ dialect: delta.dialect, value: delta.value });
        break;
    }
  }

  close(): CollectedBlock {
    const start = this.#start;
    const text = this.#text;
    switch (start.kind) {
      case 'text':
        return { kind: 'text', text, citations: this.#citations };
      case 'refusal':
        return { kind: 'refusal', text };
      case 'reasoning':
        return {
          kind: 'reasoning',
          text,
          signature: this.#signature,
          format: start.format ?? null,
        };
      case 'redacted-reasoning':
        return { kind: 'redacted-reasoning', data: start.data, format: start.format ?? null };
      case 'tool-use':
        return {
          kind: 'tool-use',
          id: start.id,
          name: start.name,
          arguments: text,
          custom: start.custom ?? false,
        };
      case 'opaque':
        return { kind: 'opaque', dialect: start.dialect, value: start.value };
    }
  }
}
