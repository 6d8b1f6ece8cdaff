// reissuedFrame: a frame of an answer that is given to somebody else: with the id of their reply, every other byte the same.
import type { ChatDialect } from '../../core/dialect.ts';
import { SseFrame, sseText } from '../../lib/sse.ts';
import type { DecodedFrame } from '../upstream-stream.ts';

/** A text in two pieces, between which the id goes. */
type Cut = readonly [before: string, after: string];

/** Where the id stands in a frame: looked for once, however many get it. Null: nowhere. */
const places = new WeakMap<SseFrame, { readonly data: Cut; readonly raw: Cut } | null>();

/** Stands for the id while its place is looked for: nobody has it in an answer. */
const MARK = `id-${Bun.randomUUIDv7()}`;

/**
 * On the caller's own wire; one that has no id is itself. Its events stay: whose they are stands nowhere in them that is
 * written out again.
 */
export function reissuedFrame(
  decoded: DecodedFrame,
  dialect: ChatDialect,
  id: string,
): DecodedFrame {
  const { frame, events } = decoded;
  if (frame === null) return decoded;
  let place = places.get(frame);
  if (place === undefined) {
    place = placeIn(frame, dialect);
    places.set(frame, place);
  }
  if (place === null) return decoded;
  const { data, raw } = place;
  const own = new SseFrame(frame.event, `${data[0]}${id}${data[1]}`, `${raw[0]}${id}${raw[1]}`);
  return { frame: own, events };
}

function placeIn(frame: SseFrame, dialect: ChatDialect): { data: Cut; raw: Cut } | null {
  if (frame.json === undefined) return null;
  const data = dialect.reissued(frame.data, frame.json, MARK);
  if (data === frame.data) return null;
  const raw = frame.raw.includes(frame.data)
    ? frame.raw.replace(frame.data, () => data)
    : sseText(data.replaceAll('\n', ' '), frame.event ?? undefined);
  return { data: cut(data), raw: cut(raw) };
}

function cut(text: string): Cut {
  const at = text.indexOf(MARK);
  return [text.slice(0, at), text.slice(at + MARK.length)];
}
