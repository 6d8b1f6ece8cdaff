// The blocks of a stream that is passed on frame by frame, as far as whoever goes on with it has to know them: which one
// is open, and which index comes next. Deltas are none of it.
import type { ReplyContext } from '../../core/dialect.ts';
import type { BlockStart, ChatEvent } from '../../core/event.ts';
import { asObject, asString, type JsonObject } from '../../lib/json.ts';
import { BlockEncoder } from './encode-block.ts';
import type { Passed } from './encode-events.ts';

/** Stands for a block that nobody can add to: it is only to be closed. */
const CLOSED_TO_ALL: BlockStart = { kind: 'opaque', dialect: 'anthropic-messages', value: {} };

export class PassedBlocks {
  #started = false;
  #next = 0;
  #open: { readonly index: number; readonly type: string } | null = null;

  /** A frame that passes. @param index its block's, as the caller has it. */
  note(type: string | null, data: JsonObject, index: number | undefined): void {
    switch (type) {
      case 'message_start':
        this.#started = true;
        return;
      case 'content_block_start': {
        const place = index ?? this.#next;
        this.#open = { index: place, type: asString(asObject(data.content_block)?.type) ?? '' };
        this.#next = Math.max(this.#next, place + 1);
        return;
      }
      case 'content_block_stop':
        this.#open = null;
        return;
      default:
        return;
    }
  }

  /** @param delivered what the frames said: the block that is open in it goes on. */
  asFarAs(delivered: Iterable<ChatEvent>, context: ReplyContext): Passed {
    const started = this.#started || this.#next > 0;
    const said = lastOpen(delivered);
    const open = this.#open;
    if (open === null) {
      // Open though nobody was told so: thinking that is kept from the caller, or a block without its start.
      const next = this.#next;
      return { started, nextIndex: next, open: said && new BlockEncoder(said, next, context) };
    }
    // Hosted calls are told when they are whole: what is open on the wire may be nothing in what was said.
    const start = said !== null && fits(said, open.type) ? said : CLOSED_TO_ALL;
    const { index } = open;
    return { started, nextIndex: index, open: new BlockEncoder(start, index, context, true) };
  }
}

function fits({ kind }: BlockStart, type: string): boolean {
  switch (kind) {
    case 'text':
      return type === 'text';
    case 'reasoning':
      return type === 'thinking';
    case 'redacted-reasoning':
      return type === 'redacted_thinking';
    case 'tool-use':
      return type === 'tool_use';
    case 'refusal':
    case 'opaque':
      return false;
  }
}

function lastOpen(events: Iterable<ChatEvent>): BlockStart | null {
  let open: BlockStart | null = null;
  for (const event of events) {
    if (event.type === 'block-start') open = event.block;
    else if (event.type === 'block-end') open = null;
  }
  return open;
}
