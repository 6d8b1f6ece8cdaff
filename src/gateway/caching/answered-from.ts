// answeredFrom: a kept answer as what a provider would have given: a stream that is all here, or a whole reply.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UPSTREAM_DIALECTS } from '../../dialects/index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { SseParser } from '../../lib/sse.ts';
import type { Answered, StreamAnswer, WholeAnswer } from '../attempt.ts';
import type { AnswerStream, DecodedFrame } from '../upstream-stream.ts';

/** Parsed once, however often it is given. */
const framesOf = new WeakMap<CachedAnswer, readonly DecodedFrame[]>();
const repliesOf = new WeakMap<CachedAnswer, Pick<WholeAnswer, 'body' | 'events'>>();

const NO_HEADERS = new Headers();

/** All of it is held already: there is nothing to read. */
const READ: AnswerStream = {
  read: () => Promise.resolve(null),
  drain: () => undefined,
  cancel: () => undefined,
  redact: (error) => error,
};

/** Throws where what is kept cannot be read. */
export function answeredFrom(kept: CachedAnswer, to: CallerDialectId): Answered {
  const { wire, form, text } = kept;
  const base = {
    dialect: UPSTREAM_DIALECTS[wire],
    headers: NO_HEADERS,
    plain: form !== 'events',
    verbatim: form !== 'events' && wire === to,
    continued: null,
  };
  if (form === 'frames') return { ...base, kind: 'stream', held: parsedFrames(kept), stream: READ };
  return { ...base, kind: 'reply', text, ...parsedReply(kept) };
}

function parsedFrames(kept: CachedAnswer): StreamAnswer['held'] {
  const known = framesOf.get(kept);
  if (known !== undefined) return known;
  const decoder = UPSTREAM_DIALECTS[kept.wire].decoder();
  const parser = new SseParser();
  const frames = [...parser.push(kept.text), ...parser.end()];
  const decoded: DecodedFrame[] = frames.map((frame) => ({ frame, events: decoder.push(frame) }));
  decoded.push({ frame: null, events: decoder.end() });
  framesOf.set(kept, decoded);
  return decoded;
}

function parsedReply(kept: CachedAnswer): Pick<WholeAnswer, 'body' | 'events'> {
  const known = repliesOf.get(kept);
  if (known !== undefined) return known;
  const value: unknown = JSON.parse(kept.text);
  const parsed =
    kept.form === 'events'
      ? { body: {}, events: value as readonly ChatEvent[] }
      : { body: value as JsonObject, events: decodedReply(kept, value as JsonObject) };
  repliesOf.set(kept, parsed);
  return parsed;
}

function decodedReply({ wire }: CachedAnswer, body: JsonObject): readonly ChatEvent[] {
  return UPSTREAM_DIALECTS[wire].decodeReply(body);
}
