// reissuedFrame: a frame of an answer that is given to somebody else: with the id of their reply, every other byte the same.
import type { ChatDialect } from '../../core/dialect.ts';
import { SseFrame, sseText } from '../../lib/sse.ts';
import type { DecodedFrame } from '../upstream-stream.ts';

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
  if (frame?.json === undefined) return decoded;
  const data = dialect.reissued(frame.data, frame.json, id);
  if (data === frame.data) return decoded;
  const raw = frame.raw.includes(frame.data)
    ? frame.raw.replace(frame.data, () => data)
    : sseText(data.replaceAll('\n', ' '), frame.event ?? undefined);
  return { frame: new SseFrame(frame.event, data, raw), events };
}
