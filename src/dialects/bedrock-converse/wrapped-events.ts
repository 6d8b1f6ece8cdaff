// Another wire's events, wrapped in AWS messages (InvokeModelWithResponseStream): each payload holds one event in base64.
// It becomes the frame it would have been on its own wire, so that this can be passed on as it is.
import { AwsMessageReader, EXCEPTION, frameOf } from '../../lib/aws-event-stream.ts';
import type { FrameReader } from '../../lib/frame-reader.ts';
import { asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { spliceObject } from '../../lib/json-splice.ts';
import { SseFrame, sseText } from '../../lib/sse.ts';

/** The host's own members in another's events: figures of its machines, traces of its guardrails. */
const HOST_PREFIX = 'amazon-bedrock-';

/** What the host throws in the middle of a stream, in the words of the wire that it carries. */
const ERROR_TYPES: { readonly [exception: string]: string } = {
  throttlingexception: 'rate_limit_error',
  serviceunavailableexception: 'overloaded_error',
  modeltimeoutexception: 'timeout_error',
  validationexception: 'invalid_request_error',
};

export class WrappedEventReader implements FrameReader {
  readonly #messages = new AwsMessageReader();

  push(bytes: Uint8Array): SseFrame[] {
    return this.#messages.push(bytes).flatMap((message) => unwrapped(frameOf(message)));
  }

  end(): SseFrame[] {
    return [];
  }
}

function unwrapped(frame: SseFrame): SseFrame[] {
  if (frame.event?.startsWith(EXCEPTION)) {
    return [thrown(frame.event.slice(EXCEPTION.length), asString(frame.json?.message) ?? '')];
  }
  const wrapped = asString(frame.json?.bytes);
  if (wrapped === undefined) return [];
  const text = Buffer.from(wrapped, 'base64').toString('utf8');
  const event = asObject(parseJson(text));
  return [eventFrame(asString(event?.type), event === undefined ? text : withoutHost(text, event))];
}

function withoutHost(text: string, event: JsonObject): string {
  const foreign = Object.keys(event).filter((name) => name.startsWith(HOST_PREFIX));
  return foreign.length === 0 ? text : spliceObject(text, { remove: new Set(foreign) });
}

function thrown(exception: string, message: string): SseFrame {
  const type = ERROR_TYPES[exception.toLowerCase()] ?? 'api_error';
  return eventFrame('error', JSON.stringify({ type: 'error', error: { type, message } }));
}

/** Line breaks between the members are only spacing, and an SSE data line has none. */
function eventFrame(event: string | undefined, json: string): SseFrame {
  const data = json.replaceAll('\n', ' ');
  return new SseFrame(event ?? null, data, sseText(data, event));
}
