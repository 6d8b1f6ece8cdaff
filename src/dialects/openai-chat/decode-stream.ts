// A streamed answer of this wire, frame by frame, as events.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { AnswerReader } from './decode-answer.ts';
import { decodeInnerError } from './decode-error.ts';
import { isFault } from './fault.ts';
import { failedFinish } from './finish.ts';

const NONE: readonly ChatEvent[] = [];

/**
 * `finish` comes at `[DONE]` or at the end of the stream, after everything that may carry usage. A frame that is no JSON
 * is skipped: one broken line must not cost an answer that is whole otherwise.
 */
export class StreamDecoder implements Decoder {
  readonly #answer = new AnswerReader();
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#over) return NONE;
    if (frame.data === '[DONE]') return this.#done();
    const body = frame.json;
    if (frame.event === 'error' && this.#answer.raw === null)
      return this.#fail(decodeInnerError(body ?? { message: frame.data }));
    if (body === undefined) return NONE;
    // Recorded: after the finish reason a chunk that repeats it as an error ("Token limit reached"). The answer is whole.
    if (isFault(body) && this.#answer.raw === null) return this.#fail(decodeInnerError(body));
    const failure = this.#chunk(body);
    return failure === null ? this.#take() : this.#fail(failure);
  }

  /** Without a finish reason an answer that just stops was cut. */
  end(): readonly ChatEvent[] {
    if (this.#over) return NONE;
    if (this.#answer.raw !== null) return this.#finish();
    return this.#fail(
      new GatewayError(
        'upstream_stream_truncated',
        'The provider ended its stream before finishing the answer.',
      ),
    );
  }

  #chunk(body: JsonObject): GatewayError | null {
    const answer = this.#answer;
    const usage = body.usage ?? asObject(body.x_groq)?.usage;
    let failure: GatewayError | null = null;
    for (const choice of asArray(body.choices)) {
      // Only the first of several answers becomes events.
      if (!isObject(choice) || (choice.index ?? 0) !== 0) continue;
      // A whole message instead of deltas; after deltas it would only repeat them.
      const whole = answer.started ? undefined : asObject(choice.message);
      answer.start(body);
      const message = asObject(choice.delta) ?? whole;
      if (message) answer.message(message);
      if (choice.finish_reason) answer.ending(choice);
      if (choice.usage !== undefined) answer.usage(choice.usage);
      failure = failureOf(choice, answer.raw);
    }
    if (usage !== undefined && usage !== null) {
      answer.start(body);
      answer.usage(usage);
    }
    answer.sources(body);
    return failure;
  }

  /** Recorded: streams that end with `[DONE]` and never give a reason. They ended properly all the same. */
  #done(): readonly ChatEvent[] {
    if (this.#answer.started) return this.#finish();
    return this.#fail(
      new GatewayError(
        'upstream_invalid_response',
        'The provider ended its stream without an answer in it.',
      ),
    );
  }

  #finish(): readonly ChatEvent[] {
    this.#over = true;
    this.#answer.finish();
    return this.#answer.take();
  }

  #fail(error: GatewayError): readonly ChatEvent[] {
    this.#over = true;
    this.#answer.fail({ type: 'error', error });
    return this.#answer.take();
  }

  #take(): readonly ChatEvent[] {
    const events = this.#answer.take();
    return events.length === 0 ? NONE : events;
  }
}

function failureOf(choice: JsonObject, raw: string | null): GatewayError | null {
  const failure = raw === null ? null : failedFinish(raw);
  return failure && isObject(choice.error)
    ? decodeInnerError({ error: choice.error as Json })
    : failure;
}
