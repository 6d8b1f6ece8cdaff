// A streamed answer of this wire, frame by frame, as events.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { AnswerReader } from './answer-reader.ts';
import { decodeInnerError } from './decode-error.ts';
import { blockOf, firstOf } from './decode-reply.ts';
import { failedFinish } from './finish.ts';

const NONE: readonly ChatEvent[] = [];

/**
 * The wire has no frame that ends a stream: an answer with a finish reason is whole when its body ends. A frame that is
 * no JSON is skipped: one broken line must not cost an answer that is whole otherwise.
 */
export class StreamDecoder implements Decoder {
  readonly #answer = new AnswerReader();
  #blocked = false;
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#over) return NONE;
    // Errors come as an object, or as the one entry of a list.
    const body = frame.json ?? asObject(asArray(parseJson(frame.data))[0]);
    if (body === undefined) return NONE;
    if (asObject(body.error))
      return this.#answer.raw === null ? this.#fail(decodeInnerError(body)) : NONE;
    const failure = this.#chunk(body);
    return failure === null ? this.#take() : this.#fail(failure);
  }

  /** Without a finish reason an answer that just stops was cut. */
  end(): readonly ChatEvent[] {
    if (this.#over) return NONE;
    if (this.#answer.raw === null)
      return this.#fail(
        new GatewayError(
          'upstream_stream_truncated',
          'The provider ended its stream before finishing the answer.',
        ),
      );
    this.#over = true;
    this.#answer.finish(this.#blocked);
    return this.#answer.take();
  }

  #chunk(body: JsonObject): GatewayError | null {
    const answer = this.#answer;
    const candidate = firstOf(body);
    const feedback = candidate ? undefined : blockOf(body);
    if (!candidate && !feedback && body.usageMetadata === undefined) return null;
    answer.start(body);
    if (candidate) answer.candidate(candidate);
    else if (feedback && answer.raw === null) {
      this.#blocked = true;
      answer.blocked(feedback);
      return null;
    }
    if (!candidate || answer.raw === null) return null;
    return failedFinish(answer.raw, answer.finishMessage, answer.calledTools);
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
