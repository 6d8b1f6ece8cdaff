// A stream that was asked for on behalf of a caller who wants the whole answer, read to its end: its events, and on the
// caller's own wire the reply its provider would have given whole.
import type { Tool } from '../core/call.ts';
import type { ChatDialect, Gatherer } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { StreamAnswer, WholeAnswer } from './attempt.ts';
import { needyTools, ToolCallCheck } from './tool-call-check.ts';
import type { DecodedFrame } from './upstream-stream.ts';

/** Frames are many times the text they carry; an answer that is more than this is nobody's in good faith. */
const MAX_MEGABYTES = 64;
const MAX_CHARS = MAX_MEGABYTES * 1024 * 1024;

/**
 * Throws the error the stream tells, `upstream_stream_truncated` where it ends without a finish, `upstream_invalid_response`
 * where a tool call that has to cross to another dialect is broken, and what `observe` throws; then the provider's connection
 * is closed.
 * @param observe told of every event, in order, as it comes
 * @param tools what the caller offered
 */
export async function collectStream(
  answered: StreamAnswer,
  caller: ChatDialect,
  observe: (event: ChatEvent) => void,
  tools: () => readonly Tool[] = () => [],
): Promise<WholeAnswer> {
  const { held, stream, kind: _, ...answer } = answered;
  const gatherer = answer.verbatim ? caller.gatherer() : null;
  const crosses = answer.dialect.id !== caller.id;
  const calls = crosses ? new ToolCallCheck(needyTools(tools())) : null;
  const collection = new Collection({ gatherer, calls, observe, redact: stream.redact });
  try {
    let frames: readonly DecodedFrame[] | null = held;
    while (!collection.take(frames)) frames = await stream.read();
    const body = gatherer === null ? {} : gatherer.reply();
    const text = gatherer === null ? '' : JSON.stringify(body);
    stream.drain();
    return { ...answer, kind: 'reply', text, body, events: collection.events };
  } catch (thrown) {
    stream.cancel();
    throw thrown;
  }
}

interface Reading {
  readonly gatherer: Gatherer | null;
  /** Null: its calls pass as they came, for the caller to judge. */
  readonly calls: ToolCallCheck | null;
  readonly observe: (event: ChatEvent) => void;
  readonly redact: (error: GatewayError) => GatewayError;
}

class Collection {
  readonly events: ChatEvent[] = [];
  readonly #reading: Reading;
  #chars = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** True at the answer's finish. Null: no more frames will come. */
  take(frames: readonly DecodedFrame[] | null): boolean {
    if (frames === null)
      throw new GatewayError(
        'upstream_stream_truncated',
        'The provider ended its answer without finishing it.',
      );
    for (const { frame, events } of frames) {
      if (frame !== null) {
        this.#bound(frame.data.length);
        this.#reading.gatherer?.push(frame);
      }
      if (this.#tell(events)) return true;
    }
    return false;
  }

  #tell(events: readonly ChatEvent[]): boolean {
    const { calls, observe, redact } = this.#reading;
    let finished = false;
    for (const event of events) {
      if (event.type === 'error') throw redact(event.error);
      observe(event);
      const broken = calls?.observe(event);
      if (broken) throw broken;
      this.events.push(event);
      finished ||= event.type === 'finish';
    }
    return finished;
  }

  #bound(chars: number): void {
    this.#chars += chars;
    if (this.#chars > MAX_CHARS)
      throw new GatewayError(
        'upstream_invalid_response',
        `The provider streamed more than ${MAX_MEGABYTES} MB for one answer that was to be put together.`,
      );
  }
}
