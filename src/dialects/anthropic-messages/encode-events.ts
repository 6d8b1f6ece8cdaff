// Events → stream frames of this wire. Blocks get contiguous indices, whatever is open is closed, and `message_delta`
// waits for the end, when usage and metadata are known.
// The sequence: platform.claude.com/docs/en/build-with-claude/streaming#event-types.
import type { Encoder, MetadataSource, ReplyContext } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import { isUnknown, laterUsage, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { Json } from '../../lib/json.ts';
import { BlockEncoder, frame } from './encode-block.ts';
import { encodeErrorFrame } from './errors.ts';
import { encodeStop } from './stop-reason.ts';
import { encodeUsage } from './usage.ts';

export const MESSAGE_STOP = frame('message_stop', {});

/** How far a stream is that the caller has a part of already. */
export interface Passed {
  readonly started: boolean;
  readonly nextIndex: number;
  readonly open: BlockEncoder | null;
}

const NOTHING_PASSED: Passed = { started: false, nextIndex: 0, open: null };

export class EventEncoder implements Encoder {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  #started: boolean;
  #open: BlockEncoder | null;
  #nextIndex: number;
  #usage: Usage = UNKNOWN_USAGE;
  #over = false;

  constructor(context: ReplyContext, metadata: MetadataSource, passed = NOTHING_PASSED) {
    this.#context = context;
    this.#metadata = metadata;
    this.#started = passed.started;
    this.#open = passed.open;
    this.#nextIndex = passed.nextIndex;
  }

  push(event: ChatEvent): string {
    if (this.#over) return '';
    switch (event.type) {
      case 'start':
        return this.#start();
      case 'block-start': {
        const before = this.#start() + this.#close();
        this.#open = new BlockEncoder(event.block, this.#nextIndex, this.#context);
        return before + this.#open.open();
      }
      case 'block-delta':
        return this.#open?.add(event.delta) ?? '';
      case 'block-end':
        return this.#close();
      case 'usage':
        this.#usage = laterUsage(this.#usage, event.usage);
        return '';
      case 'finish':
        return this.#finish(event);
      case 'error':
        this.#over = true;
        return this.#close() + encodeErrorFrame(event.error, this.#metadata());
    }
  }

  /**
   * The clients' types want numbers here, before any are known, and some count the input by this frame alone: an estimate,
   * said to be one, which `message_delta` replaces.
   */
  #start(): string {
    if (this.#started) return '';
    this.#started = true;
    const { id, model } = this.#context;
    const estimated = isUnknown(this.#usage);
    const usage = estimated
      ? {
          input_tokens: this.#context.inputEstimate(),
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 0,
        }
      : (encodeUsage(this.#usage) as Json);
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    // Beside the message: clients keep what is in it as the answer's own.
    return frame('message_start', { message, ...(estimated ? { usage_estimated: true } : {}) });
  }

  #close(): string {
    const open = this.#open;
    if (!open) return '';
    this.#open = null;
    const text = open.close();
    if (open.sent) this.#nextIndex += 1;
    return text;
  }

  #finish({ reason, raw, stopSequence, usage }: Extract<ChatEvent, { type: 'finish' }>): string {
    const before = this.#start() + this.#close();
    this.#over = true;
    const delta = frame('message_delta', {
      delta: { stop_reason: encodeStop(reason, raw, stopSequence), stop_sequence: stopSequence },
      usage: encodeUsage(laterUsage(this.#usage, usage)) as Json,
      metadata: { ...this.#metadata() },
    });
    return before + delta + MESSAGE_STOP;
  }
}
