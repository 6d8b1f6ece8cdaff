// Three callers over plain HTTP, one for each dialect: what they send, and how they read what comes back, byte for byte.
import { createParser } from 'eventsource-parser';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../../src/lib/json.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';

interface HeardFrame {
  readonly event: string | null;
  readonly data: string;
  readonly json: JsonObject | undefined;
  /** On the `performance.now()` clock. */
  readonly atMs: number;
}

/** A reply as its caller understood it, streamed or not. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body as it came. */
  readonly raw: string;
  /** Empty where the reply was not a stream. */
  readonly frames: readonly HeardFrame[];
  /** All text of the answer. */
  readonly text: string;
  /** How often an answer began: `message_start` events, or chunks that name the role. */
  readonly starts: number;
  /** The wire's own last word was there: `[DONE]` or `message_stop`; of a whole reply, that it is one. */
  readonly ended: boolean;
  readonly finish: string | null;
  readonly error: JsonObject | null;
  readonly metadata: JsonObject | null;
  /** The connection broke before the body's end. */
  readonly broken: boolean;
}

export interface Caller {
  readonly name: 'openai' | 'anthropic' | 'responses';
  readonly path: string;
  /** This wire's word for an answer that ended by itself. */
  readonly stopped: string;
  body(model: string, more?: JsonObject): JsonObject;
  /** Text, starts and end of a stream's frames. */
  readStream(frames: readonly HeardFrame[]): Pick<Heard, 'text' | 'starts' | 'ended' | 'finish'>;
  readWhole(body: JsonObject): { readonly text: string; readonly finish: string | null };
  /** The text a frame adds to the answer. */
  textOf(frame: HeardFrame): string;
}

const PROMPT = 'Say something.';

export const openaiCaller: Caller = {
  name: 'openai',
  path: '/v1/chat/completions',
  stopped: 'stop',
  body: (model, more = {}) => ({
    model,
    messages: [{ role: 'user', content: PROMPT }],
    ...more,
  }),
  textOf: ({ json }) => asString(asObject(choice(json)?.delta)?.content) ?? '',
  readStream(frames) {
    const choices = frames.map(({ json }) => choice(json));
    return {
      text: frames.map((frame) => openaiCaller.textOf(frame)).join(''),
      starts: choices.filter((one) => asObject(one?.delta)?.role !== undefined).length,
      ended: frames.some(({ data }) => data === '[DONE]'),
      finish: choices.map((one) => asString(one?.finish_reason)).findLast(Boolean) ?? null,
    };
  },
  readWhole(body) {
    const message = asObject(choice(body)?.message);
    return {
      text: asString(message?.content) ?? '',
      finish: asString(choice(body)?.finish_reason) ?? null,
    };
  },
};

export const anthropicCaller: Caller = {
  name: 'anthropic',
  path: '/v1/messages',
  stopped: 'end_turn',
  body: (model, more = {}) => ({
    model,
    max_tokens: 10_000,
    messages: [{ role: 'user', content: PROMPT }],
    ...more,
  }),
  textOf: ({ json }) => asString(asObject(json?.delta)?.text) ?? '',
  readStream(frames) {
    const ofType = (type: string) => frames.filter(({ json }) => json?.type === type);
    const delta = asObject(ofType('message_delta').at(-1)?.json?.delta);
    return {
      text: frames.map((frame) => anthropicCaller.textOf(frame)).join(''),
      starts: ofType('message_start').length,
      ended: ofType('message_stop').length > 0,
      finish: asString(delta?.stop_reason) ?? null,
    };
  },
  readWhole(body) {
    const blocks = asArray(body.content).map(asObject);
    return {
      text: blocks.map((block) => asString(block?.text) ?? '').join(''),
      finish: asString(body.stop_reason) ?? null,
    };
  },
};

const responsesCaller: Caller = {
  name: 'responses',
  path: '/v1/responses',
  stopped: 'completed',
  body: (model, more = {}) => ({ model, input: PROMPT, ...more }),
  textOf: ({ json }) =>
    json?.type === 'response.output_text.delta' ? (asString(json.delta) ?? '') : '',
  readStream(frames) {
    const ends = ['response.completed', 'response.incomplete'];
    const last = frames.find(({ json }) => ends.includes(asString(json?.type) ?? ''));
    return {
      text: frames.map((frame) => responsesCaller.textOf(frame)).join(''),
      starts: frames.filter(({ json }) => json?.type === 'response.created').length,
      ended: last !== undefined,
      finish: asString(asObject(last?.json?.response)?.status) ?? null,
    };
  },
  readWhole(body) {
    const parts = asArray(body.output).flatMap((item) => asArray(asObject(item)?.content));
    return {
      text: parts.map((part) => asString(asObject(part)?.text) ?? '').join(''),
      finish: asString(body.status) ?? null,
    };
  },
};

export const CALLERS: readonly Caller[] = [openaiCaller, anthropicCaller, responsesCaller];

/** Sends a call and reads the reply to its end, however that comes about. */
export async function call(
  target: Pick<GatewayUnderTest, 'post'>,
  caller: Caller,
  model: string,
  more: JsonObject = {},
): Promise<Heard> {
  return hear(caller, await target.post(caller.path, caller.body(model, more)));
}

/** Reads a reply to its end. */
export async function hear(caller: Caller, response: Response): Promise<Heard> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const { raw, frames, broken } = await readBody(response, isStream);
  const whole = isStream ? undefined : asObject(parseJson(raw));
  const objects = isStream ? frames.map(({ json }) => json) : [whole];
  const answer = isStream
    ? caller.readStream(frames)
    : { ...caller.readWhole(whole ?? {}), starts: 0, ended: whole !== undefined };
  return {
    ...answer,
    status: response.status,
    headers: response.headers,
    raw,
    frames,
    broken,
    error: objects.map((json) => asObject(json?.error)).find(Boolean) ?? null,
    metadata: objects.map(metadataOf).findLast(Boolean) ?? null,
  };
}

/** What the gateway says of itself: where the wire's `metadata` is the caller's, it has a name of its own. */
export function metadataOf(json: JsonObject | undefined): JsonObject | undefined {
  const ours = json?.gateway_metadata ?? asObject(json?.response)?.gateway_metadata;
  return asObject(ours ?? json?.metadata);
}

async function readBody(
  response: Response,
  isStream: boolean,
): Promise<Pick<Heard, 'raw' | 'frames' | 'broken'>> {
  const frames: HeardFrame[] = [];
  const parser = createParser({
    onEvent({ event, data }) {
      const json = asObject(parseJson(data));
      frames.push({ event: event ?? null, data, json, atMs: performance.now() });
    },
  });
  const decoder = new TextDecoder();
  let raw = '';
  let broken = false;
  try {
    for await (const piece of response.body ?? []) {
      const text = decoder.decode(piece, { stream: true });
      raw += text;
      if (isStream) parser.feed(text);
    }
  } catch {
    broken = true;
  }
  return { raw, frames, broken };
}

/** `provider/model`, provider's status and error code of each attempt a reply's metadata tells of. */
export function trailOf(heard: Heard): readonly (readonly [string, number | null, string])[] {
  return asArray(heard.metadata?.attempts).map((value) => {
    const attempt = asObject(value) ?? {};
    const told = attempt.success === true ? 'ok' : (asString(attempt.error) ?? '');
    const status = typeof attempt.status_code === 'number' ? attempt.status_code : null;
    return [asString(attempt.model) ?? '', status, told];
  });
}

function choice(json: JsonObject | undefined): JsonObject | undefined {
  return asObject(asArray(json?.choices)[0]);
}
