// ChatEvent: the one union every answer is made of, streamed or not. Dialects decode into it and encode out of it.
//
// The law: one `start` first; every block opened is closed, blocks do not overlap, indices are contiguous from 0;
// then exactly one `finish` or `error`, last. `usage` may come anywhere between start and finish.
import type { Json, JsonObject } from '../lib/json.ts';
import type { DialectId } from './dialect.ts';
import type { GatewayError } from './errors.ts';
import type { Usage } from './usage.ts';

/** What a block is, known when it opens. */
export type BlockStart =
  | { readonly kind: 'text' }
  | { readonly kind: 'refusal' }
  /** Model reasoning. `format` names whose signature it carries (`anthropic-claude-v1`, `openai-responses-v1`, …). */
  | { readonly kind: 'reasoning'; readonly format?: string }
  | { readonly kind: 'redacted-reasoning'; readonly data: string; readonly format?: string }
  | {
      readonly kind: 'tool-use';
      readonly id: string;
      readonly name: string;
      readonly custom?: boolean;
    }
  /** Something only its own dialect can carry (hosted tool calls and results): kept whole. */
  | { readonly kind: 'opaque'; readonly dialect: DialectId; readonly value: JsonObject };

/** What a block gains. A delta's kind always fits its block's kind. */
export type BlockDelta =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'signature'; readonly signature: string }
  /** A piece of the tool call's arguments, as JSON text. */
  | { readonly kind: 'arguments'; readonly json: string }
  /** A citation attached to a text block, in OpenAI's url_citation terms where it is one, with the native form kept. */
  | { readonly kind: 'citation'; readonly dialect: DialectId; readonly value: Json };

/** Our word for why an answer ended. `raw` on the finish event keeps the provider's. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'other';

export type ChatEvent =
  | {
      readonly type: 'start';
      readonly id: string | null;
      readonly model: string | null;
      readonly created: number | null;
    }
  | { readonly type: 'block-start'; readonly index: number; readonly block: BlockStart }
  | { readonly type: 'block-delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'block-end'; readonly index: number }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly raw: string | null;
      /** The stop sequence that was met, where the provider names it. */
      readonly stopSequence: string | null;
      readonly usage: Usage;
    }
  | { readonly type: 'error'; readonly error: GatewayError };

/** True for the events after which an answer has really begun: before them an attempt can still be replaced unseen. */
export function isContent(event: ChatEvent): boolean {
  switch (event.type) {
    case 'block-delta':
    case 'finish':
      return true;
    case 'block-start':
      return (
        event.block.kind !== 'text' &&
        event.block.kind !== 'reasoning' &&
        event.block.kind !== 'refusal'
      );
    case 'start':
    case 'block-end':
    case 'usage':
    case 'error':
      return false;
  }
}
