// A streamed answer of this wire, frame by frame, as events.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { isFault } from '../openai-chat/fault.ts';
import { AnswerReader, type Place } from './decode-answer.ts';
import { decodeErrorEvent } from './decode-error.ts';

const NONE: readonly ChatEvent[] = [];

/**
 * The terminal event ends the answer; what comes after it is not read. A frame that is no JSON is skipped: one broken line
 * must not cost an answer that is whole otherwise. Events nobody knows are ignored.
 */
export class StreamDecoder implements Decoder {
  readonly #answer = new AnswerReader();
  /** Where a piece belongs that does not say so. */
  #current: Place = 0;
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#over) return NONE;
    const body = frame.json;
    if (body === undefined) {
      return frame.event === 'error' ? this.#fail(decodeErrorEvent({ message: frame.data })) : NONE;
    }
    const type = asString(body.type) ?? frame.event ?? '';
    if (type === 'error' || (type === '' && isFault(body)))
      return this.#fail(decodeErrorEvent(body));
    this.#event(type, body);
    const events = this.#answer.take();
    return events.length === 0 ? NONE : events;
  }

  /** Without a terminal event an answer that just stops was cut. */
  end(): readonly ChatEvent[] {
    if (this.#over) return NONE;
    return this.#fail(
      new GatewayError(
        'upstream_stream_truncated',
        'The provider ended its stream before finishing the answer.',
      ),
    );
  }

  #fail(error: GatewayError): readonly ChatEvent[] {
    this.#over = true;
    this.#answer.fail(error);
    return this.#answer.take();
  }

  #event(type: string, body: JsonObject): void {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#answer.start(asObject(body.response) ?? {});
        return;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        this.#over = true;
        this.#answer.finish(ended(asObject(body.response) ?? {}, type));
        return;
      case 'response.output_item.added':
        this.#started().added(this.#place(body), asObject(body.item) ?? {});
        return;
      case 'response.output_item.done':
        this.#started().done(this.#place(body), asObject(body.item) ?? {});
        return;
      default:
        this.#piece(type, body);
    }
  }

  #piece(type: string, body: JsonObject): void {
    const delta = asString(body.delta) ?? '';
    const part = asNumber(body.content_index) ?? 0;
    const message = () => this.#started().message(this.#place(body));
    const reasoning = () => this.#started().reasoning(this.#place(body));
    const call = (kind: 'function_call' | 'custom_tool_call') =>
      this.#started().call(this.#place(body), kind);
    switch (type) {
      case 'response.output_text.delta':
        message().text(part, delta);
        return;
      case 'response.output_text.done':
        message().wholeText(part, asString(body.text) ?? '');
        return;
      case 'response.output_text.annotation.added': {
        const annotation = asObject(body.annotation);
        if (annotation) message().annotation(part, annotation, asNumber(body.annotation_index));
        return;
      }
      case 'response.refusal.delta':
        message().refusal(part, delta);
        return;
      case 'response.refusal.done':
        message().wholeRefusal(part, asString(body.refusal) ?? '');
        return;
      case 'response.reasoning_text.delta':
        reasoning().text('content', part, delta);
        return;
      case 'response.reasoning_text.done':
        reasoning().wholeText('content', part, asString(body.text) ?? '');
        return;
      case 'response.reasoning_summary_text.delta':
        reasoning().text('summary', asNumber(body.summary_index) ?? 0, delta);
        return;
      case 'response.reasoning_summary_text.done':
        reasoning().wholeText(
          'summary',
          asNumber(body.summary_index) ?? 0,
          asString(body.text) ?? '',
        );
        return;
      case 'response.function_call_arguments.delta':
        call('function_call')?.arguments(delta);
        return;
      case 'response.function_call_arguments.done':
        call('function_call')?.wholeArguments(asString(body.arguments) ?? '');
        return;
      case 'response.custom_tool_call_input.delta':
        call('custom_tool_call')?.arguments(delta);
        return;
      case 'response.custom_tool_call_input.done':
        call('custom_tool_call')?.wholeArguments(asString(body.input) ?? '');
        return;
      default:
        return;
    }
  }

  #started(): AnswerReader {
    this.#answer.start({});
    return this.#answer;
  }

  /** By the place in the output: recorded, a router that gives the same item another id in every event. */
  #place(body: JsonObject): Place {
    this.#current =
      asNumber(body.output_index) ??
      asString(body.item_id) ??
      asString(asObject(body.item)?.id) ??
      this.#current;
    return this.#current;
  }
}

/** Servers that leave the status out say it by the event. */
function ended(response: JsonObject, type: string): JsonObject {
  const status = type.slice('response.'.length);
  return response.status === undefined || response.status === 'in_progress'
    ? { ...response, status }
    : response;
}
