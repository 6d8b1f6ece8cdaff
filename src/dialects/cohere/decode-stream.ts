// A streamed answer of this wire, frame by frame, as events.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { AnswerReader } from './answer-reader.ts';
import { decodeInnerError } from './errors.ts';
import { failedFinish } from './finish.ts';

const NONE: readonly ChatEvent[] = [];

/** Ends with `message-end`; recorded streams close with `[DONE]` after it, others do not. */
export class StreamDecoder implements Decoder {
  readonly #answer = new AnswerReader();
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#over) return NONE;
    const body = frame.json;
    if (body === undefined) {
      if (frame.data !== '[DONE]') return NONE;
      return this.#fail(truncated('without finishing the answer'));
    }
    const type = asString(body.type) ?? frame.event;
    const delta = asObject(body.delta) ?? {};
    // Recorded nowhere: an error inside a stream. Its body is that of an error reply, which has no type.
    if (type === 'error' || (type === null && asString(body.message) !== undefined))
      return this.#fail(decodeInnerError(body));
    if (type === 'message-end') return this.#end(delta);
    this.#event(type, body, asObject(delta.message) ?? {});
    const events = this.#answer.take();
    return events.length === 0 ? NONE : events;
  }

  end(): readonly ChatEvent[] {
    return this.#over ? NONE : this.#fail(truncated('before finishing the answer'));
  }

  #event(type: string | null, body: JsonObject, message: JsonObject): void {
    const answer = this.#answer;
    const index = asNumber(body.index) ?? 0;
    if (type === 'message-start') answer.start(asString(body.id) || null);
    else answer.start(null);
    switch (type) {
      case 'content-start':
      case 'content-delta':
        for (const content of oneOrMore(message.content)) answer.content(index, content);
        return;
      case 'tool-plan-delta':
        answer.plan(asString(message.tool_plan) ?? '');
        return;
      case 'tool-call-start':
        for (const call of oneOrMore(message.tool_calls)) answer.call(index, call);
        return;
      case 'tool-call-delta':
        for (const call of oneOrMore(message.tool_calls))
          answer.arguments(index, asObject(call.function)?.arguments);
        return;
      case 'tool-call-end':
        answer.callOver(index);
        return;
      case 'citation-start':
        for (const citation of oneOrMore(message.citations)) answer.cite(citation as Json);
    }
  }

  #end(delta: JsonObject): readonly ChatEvent[] {
    this.#over = true;
    const raw = asString(delta.finish_reason) || null;
    this.#answer.start(null);
    this.#answer.usage(delta.usage);
    const failure = failedFinish(raw, asString(delta.error));
    if (failure) this.#answer.fail({ type: 'error', error: failure });
    else this.#answer.finish(raw);
    return this.#answer.take();
  }

  #fail(error: GatewayError): readonly ChatEvent[] {
    this.#over = true;
    this.#answer.fail({ type: 'error', error });
    return this.#answer.take();
  }
}

/** A member of a delta is the thing itself, where a whole message has a list. */
function oneOrMore(value: Json | undefined): readonly JsonObject[] {
  const one = asObject(value);
  return one ? [one] : asObjects(asArray(value));
}

function truncated(how: string): GatewayError {
  return new GatewayError('upstream_stream_truncated', `The provider ended its stream ${how}.`);
}
