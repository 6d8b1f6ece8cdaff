// A stream with a fault in it: every byte up to there as it came, then what the fault says, and the provider let go.
import { describe, expect, test } from 'bun:test';
import { awsMessage } from '../../sim/bedrock-converse/aws-message.ts';
import { GatewayError } from '../core/errors.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { AwsEventStreamReader } from '../lib/aws-event-stream.ts';
import { SseReader } from '../lib/frame-reader.ts';
import { FaultyReader, type StreamFault, type TappedWire } from './faulty-reader.ts';

const chunk = (text: string, end = '\n') =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content: text } }] })}${end}${end}`;
const WORDS = ['Two ', 'of ', 'three ', 'words, ', 'é.'];
const HEAD = `: hello\n\ndata: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n`;
const TAIL = `data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
const STREAM = HEAD + WORDS.map((word) => chunk(word)).join('') + TAIL;

const sse = (): TappedWire => ({
  frames: new SseReader(),
  decoder: UPSTREAM_DIALECTS['openai-chat'].decoder(),
  isText: true,
});
const aws = (): TappedWire => ({
  frames: new AwsEventStreamReader(),
  decoder: UPSTREAM_DIALECTS['bedrock-converse'].decoder(),
  isText: false,
});

const BROKEN = new GatewayError('upstream_stream_truncated', 'broken');

/** The bytes in pieces of this size through the fault. */
function through(bytes: Uint8Array, size: number, fault: StreamFault, wire = sse()) {
  let at = 0;
  let cancelled = 0;
  const source = {
    async read() {
      if (at >= bytes.length) return { done: true };
      at += size;
      return { done: false, value: bytes.slice(at - size, at) };
    },
    async cancel() {
      cancelled += 1;
    },
  };
  const controller = new AbortController();
  const slept: number[] = [];
  const reader = new FaultyReader(source, wire, controller.signal, fault, async (ms) => {
    slept.push(ms);
  });
  return { reader, slept, abort: controller, cancelled: () => cancelled };
}

/** All that came, and what was thrown at the end. */
async function all(reader: FaultyReader): Promise<{ bytes: Buffer; thrown: unknown }> {
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { bytes: Buffer.concat(pieces), thrown: null };
      if (value) pieces.push(value);
    }
  } catch (thrown) {
    return { bytes: Buffer.concat(pieces), thrown };
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('a cut', () => {
  for (const size of [1, 7, 64, 100_000]) {
    for (const after of [0, 1, 3, 5]) {
      test(`after ${after}, in pieces of ${size}`, async () => {
        const { reader, cancelled } = through(bytesOf(STREAM), size, { after, error: BROKEN });
        const { bytes, thrown } = await all(reader);
        const words = WORDS.slice(0, after);
        const whole = after === 0 ? '' : HEAD + words.map((word) => chunk(word)).join('');
        expect([bytes.toString(), thrown, cancelled()]).toEqual([whole, BROKEN, 1]);
      });
    }
  }

  test('later than the answer has pieces leaves it as it is', async () => {
    const { reader, cancelled } = through(bytesOf(STREAM), 50, { after: 6, error: BROKEN });
    const { bytes, thrown } = await all(reader);
    expect([bytes.toString(), thrown, cancelled()]).toEqual([STREAM, null, 0]);
  });

  for (const [name, end] of [
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ] as const) {
    test(`counts frames whose lines end with ${name}`, async () => {
      const text = WORDS.map((word) => chunk(word, end)).join('');
      const { reader } = through(bytesOf(text), 100_000, { after: 2, error: BROKEN });
      const { bytes } = await all(reader);
      const heard = new SseReader().push(bytes).map(({ data }) => data);
      expect(heard.length).toBeGreaterThanOrEqual(1);
      expect(heard.length).toBeLessThanOrEqual(2);
      expect(text.startsWith(bytes.toString())).toBe(true);
    });
  }

  test('counts binary messages', async () => {
    const event = (type: string, body: object) =>
      awsMessage({ ':event-type': type, ':message-type': 'event' }, JSON.stringify(body));
    const delta = (text: string) =>
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
    const start = event('messageStart', { role: 'assistant' });
    const deltas = ['\n', 'b\n', 'c', 'd'].map(delta);
    const whole = Buffer.concat([start, ...deltas]);
    for (const size of [1, 33, 100_000]) {
      const { reader } = through(whole, size, { after: 2, error: BROKEN }, aws());
      const { bytes, thrown } = await all(reader);
      expect(bytes.equals(Buffer.concat([start, ...deltas.slice(0, 2)]))).toBe(true);
      expect(thrown).toBe(BROKEN);
    }
  });

  test('bytes that are no frames pass as they came', async () => {
    const junk = Buffer.from('this is no message of theirs, whatever it is');
    const { reader } = through(junk, 5, { after: 1, error: BROKEN }, aws());
    const { bytes, thrown } = await all(reader);
    expect([bytes.toString(), thrown]).toEqual([junk.toString(), null]);
  });
});

describe('silence', () => {
  test('lasts until the attempt is given up, and then has its reason', async () => {
    const { reader, abort, cancelled } = through(bytesOf(STREAM), 9, { after: 2, error: null });
    const heard = all(reader);
    const reason = new GatewayError('upstream_idle_timeout', 'silent');
    expect(await Promise.race([heard, Bun.sleep(0)])).toBeUndefined();
    // The provider is let go by whoever gives up.
    expect(cancelled()).toBe(0);
    abort.abort(reason);
    const { bytes, thrown } = await heard;
    expect([bytes.toString(), thrown]).toEqual([
      HEAD +
        WORDS.slice(0, 2)
          .map((word) => chunk(word))
          .join(''),
      reason,
    ]);
  });

  test('ends where the stream is cancelled', async () => {
    const { reader, cancelled } = through(bytesOf(STREAM), 9, { after: 0, error: null });
    const heard = reader.read();
    await reader.cancel();
    expect([await heard, cancelled()]).toEqual([{ done: true }, 1]);
  });
});

describe('slowness', () => {
  for (const size of [13, 100_000]) {
    test(`waits before each piece of content and before nothing else, in pieces of ${size}`, async () => {
      const { reader, slept } = through(bytesOf(STREAM), size, { everyMs: 40 });
      const { bytes, thrown } = await all(reader);
      expect([bytes.toString(), thrown]).toEqual([STREAM, null]);
      expect(slept).toEqual(WORDS.map(() => 40));
    });
  }

  test('ends with the attempt', async () => {
    const abort = new AbortController();
    const bytes = bytesOf(STREAM);
    const source = { read: async () => ({ done: false, value: bytes }), cancel: async () => {} };
    const never = () => new Promise<void>(() => undefined);
    const fault = { everyMs: 1 };
    const reader = new FaultyReader(source, sse(), abort.signal, fault, never);
    const heard = all(reader);
    const reason = new GatewayError('total_timeout', 'over');
    abort.abort(reason);
    const { thrown } = await heard;
    expect(thrown).toBe(reason);
  });
});
