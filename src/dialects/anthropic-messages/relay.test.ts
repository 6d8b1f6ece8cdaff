// The relay: frames as they came, metadata in the last message_delta.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/messages-stream-law.ts';
import type { JsonObject } from '../../lib/json.ts';
import { FrameRelay } from './relay.ts';

const META = JSON.stringify(METADATA);
const f = (type: string, rest = '') => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"a","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n';
const block = (index: number, type: string) =>
  f('content_block_start', `,"index":${index},"content_block":{"type":"${type}"}`);
const stop = (index: number) => f('content_block_stop', `,"index":${index}`);
const DELTA = f(
  'message_delta',
  ',"delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":1,"output_tokens":5}',
);
const DELTA_WITH = DELTA.replace('}\n\n', `,"metadata":${META}}\n\n`);
const STOP = f('message_stop');
const PING = f('ping');

/** What leaves with each frame, and at the end. */
function relay(text: string, excludeReasoning = false): string[] {
  const through = new FrameRelay(contextOf([], { excludeReasoning }), () => METADATA);
  return [...framesOf(text).map((frame) => through.push(frame)), through.end()];
}

test('every frame leaves at once, but message_delta, which waits for the next', () => {
  expect(relay(START + PING + block(0, 'text') + stop(0) + DELTA + STOP)).toEqual([
    START,
    PING,
    block(0, 'text'),
    stop(0),
    '',
    DELTA_WITH + STOP,
    '',
  ]);
});

test('of several message_delta only the last gets it', () => {
  expect(relay(START + DELTA + DELTA + PING + STOP)).toEqual([
    START,
    '',
    DELTA,
    PING,
    DELTA_WITH + STOP,
    '',
  ]);
  expect(relay(START + DELTA + block(0, 'text') + stop(0) + DELTA + STOP)).toEqual([
    START,
    '',
    DELTA + block(0, 'text'),
    stop(0),
    '',
    DELTA_WITH + STOP,
    '',
  ]);
});

test('a missing message_stop is added', () => {
  expect(relay(START + DELTA).join('')).toBe(START + DELTA_WITH + STOP);
});

test('nothing is added to a stream cut short, nor after the end', () => {
  expect(relay(START + block(0, 'text')).join('')).toBe(START + block(0, 'text'));
  expect(relay(START + DELTA + STOP + PING + DELTA).join('')).toBe(START + DELTA_WITH + STOP);
});

test('a stream without message_delta carries the metadata in its end', () => {
  expect(relay(START + STOP).join('')).toBe(START + f('message_stop', `,"metadata":${META}`));
});

test('spacing, unknown events and line ends survive', () => {
  const odd = 'event: new_event\r\ndata: {"type" : "new_event"}\r\n\r\n: hello\n\n';
  expect(relay(odd)[0]).toBe('event: new_event\r\ndata: {"type" : "new_event"}\r\n\r\n');
  const spaced =
    'data: { "type":"message_delta",\ndata:  "delta":{"stop_reason":"end_turn"}, "usage":{ "output_tokens":5 } }\n\n';
  const [held, out] = relay(spaced + STOP);
  expect(held).toBe('');
  expect(out).toBe(
    `event: message_delta\ndata: { "type":"message_delta",  "delta":{"stop_reason":"end_turn"}, "usage":{ "output_tokens":5 },"metadata":${META} }\n\n${STOP}`,
  );
});

test('a last frame without its blank line gets one', () => {
  expect(relay(START.trimEnd())[0]).toBe(START);
});

describe('without reasoning', () => {
  test('thinking is cut out and the indices close up', () => {
    const text =
      START +
      block(0, 'thinking') +
      f('content_block_delta', ',"index":0,"delta":{"type":"thinking_delta","thinking":"hm"}') +
      stop(0) +
      block(1, 'text') +
      f('content_block_delta', ',"index":1,"delta":{"type":"text_delta","text":"a"}') +
      stop(1) +
      block(2, 'redacted_thinking') +
      stop(2) +
      block(3, 'tool_use') +
      stop(3) +
      DELTA +
      STOP;
    const out = relay(text, true).join('');
    expect(streamBreaks(out)).toEqual([]);
    expect(out).not.toContain('thinking');
    expect(framesOf(out).map(({ json }) => [json?.type, json?.index] as unknown)).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_stop', 1],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ]);
  });
  test('without thinking nothing changes', () => {
    const text = START + block(0, 'text') + stop(0) + DELTA + STOP;
    expect(relay(text, true)).toEqual(relay(text));
  });
});

test('metadata is asked for once, when it is written', () => {
  let asked = 0;
  const through = new FrameRelay(contextOf(), () => {
    asked += 1;
    return METADATA;
  });
  const [start, delta, end] = framesOf(START + DELTA + STOP);
  for (const frame of [start, delta]) if (frame) through.push(frame);
  expect(asked).toBe(0);
  const text = end ? through.push(end) : '';
  expect(asked).toBe(1);
  expect(
    (JSON.parse(text.slice(text.indexOf('{'), text.indexOf('\n\n'))) as JsonObject).metadata,
  ).toEqual({ ...METADATA } as never);
});
