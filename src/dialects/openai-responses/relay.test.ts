// Same wire in and out: bytes pass, the last frame gains our metadata, reasoning is cut out without a gap, a break is told.
import { describe, expect, test } from 'bun:test';
import { RICH_EVENTS } from '../../../test/contracts/example-events.ts';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/responses-stream-law.ts';
import type { ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import { asObject, type JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { StreamEncoder } from './encode-stream.ts';
import { FrameRelay } from './relay.ts';

const THEIRS = { ...METADATA, generation_id: 'theirs' };

/** A provider's stream: what our encoder writes, without our metadata. */
function upstream(): SseFrame[] {
  const encoder = new StreamEncoder(contextOf(), () => THEIRS);
  const text = RICH_EVENTS.map((event) => encoder.push(event)).join('');
  return framesOf(text.replaceAll(`,"gateway_metadata":${JSON.stringify(THEIRS)}`, ''));
}

function relayed(frames: readonly SseFrame[], changes: Partial<ReplyContext> = {}): string {
  const relay = new FrameRelay(contextOf([], changes), () => METADATA);
  return frames.map((frame) => relay.push(frame)).join('') + relay.end();
}

describe('a relay', () => {
  test('passes the bytes of every frame but the last, and keeps the response as it came', () => {
    const kept: JsonObject[] = [];
    const frames = upstream();
    const out = relayed(frames, { keep: (reply) => kept.push(reply) });
    const before = frames.slice(0, -1).map(({ raw }) => raw);
    expect(out.startsWith(before.join(''))).toBe(true);
    expect(streamBreaks(out)).toEqual([]);
    const response = asObject(frames.at(-1)?.json?.response) ?? {};
    expect(kept).toEqual([response]);
    expect(asObject(framesOf(out).at(-1)?.json?.response)).toEqual({
      ...response,
      gateway_metadata: { ...METADATA },
    } as never);
  });

  test('a response that is not whole is an end like another', () => {
    const kept: JsonObject[] = [];
    const data = '{"type":"response.incomplete", "response":{"id":"r","status":"incomplete"}}';
    const raw = `event: response.incomplete\ndata: ${data}\n\n`;
    const out = relayed([new SseFrame('response.incomplete', data, raw)], {
      keep: (reply) => kept.push(reply),
    });
    expect(kept).toEqual([{ id: 'r', status: 'incomplete' }]);
    expect(out).toBe(
      raw.replace(
        '"incomplete"}}',
        `"incomplete","gateway_metadata":${JSON.stringify(METADATA)}}}`,
      ),
    );
  });

  test('tells the caller its own instructions, and no other byte differs', () => {
    const kept: JsonObject[] = [];
    const put = (frames: string) => frames.replaceAll('"instructions":null', '"instructions":"P"');
    const sent = upstream();
    const theirs = framesOf(put(sent.map(({ raw }) => raw).join('')));
    expect(theirs.filter(({ raw }) => raw.includes('"P"')).length).toBe(3);
    const out = relayed(theirs, { ownInstructions: null, keep: (reply) => kept.push(reply) });
    expect(out).toBe(relayed(sent));
    expect(kept).toMatchObject([{ instructions: null }]);
    expect(relayed(theirs)).toBe(put(relayed(sent)));
    const [silent] = framesOf(
      'data: {"type":"response.created","response":{\ndata: "id":"r"}}\n\n',
    );
    if (silent === undefined) throw new Error('no frame');
    expect(relayed([silent], { ownInstructions: 'Mine.' })).toBe(relayed([silent]));
    const [broken] = framesOf('data: {"response":{"instructions":"P",\ndata: "id":"r"}}\n\n');
    if (broken === undefined) throw new Error('no frame');
    expect(relayed([broken], { ownInstructions: 'Mine.' })).toBe(
      'data: {"response":{"instructions":"Mine.", "id":"r"}}\n\n',
    );
  });

  test('cuts reasoning out and closes the gaps', () => {
    const out = relayed(upstream(), { excludeReasoning: true });
    expect(streamBreaks(out)).toEqual([]);
    expect(out).not.toMatch(/reason-mark|signature-mark|hidden-mark/);
    expect(framesOf(out).length).toBeLessThan(upstream().length);
  });

  test('damaged frames and anything after the end are dropped', () => {
    const frames = upstream();
    const done = new SseFrame(null, '[DONE]', 'data: [DONE]\n\n');
    const broken = new SseFrame(null, '{"type":', 'data: {"type":\n\n');
    expect(relayed([broken, ...frames, done, ...frames])).toBe(relayed(frames));
  });

  test.each([false, true])(
    'broken off, the end comes in order (reasoning hidden: %p)',
    (excludeReasoning) => {
      const frames = upstream();
      for (let count = 2; count < frames.length; count += 1) {
        const relay = new FrameRelay(contextOf([], { excludeReasoning }), () => METADATA);
        const begun = frames
          .slice(0, count)
          .map((frame) => relay.push(frame))
          .join('');
        const out = begun + relay.fail(new GatewayError('upstream_idle_timeout', 'silence-mark'));
        const breaks = streamBreaks(out).filter((what) => !what.includes('its output is not'));
        expect({ count, breaks }).toEqual({ count, breaks: [] });
        const response = asObject(framesOf(out).at(-1)?.json?.response);
        expect(response).toMatchObject({
          id: 'reply-1',
          status: 'failed',
          error: { code: 'server_error', message: 'silence-mark' },
          gateway_metadata: { generation_id: METADATA.generation_id },
        });
      }
    },
  );
});
