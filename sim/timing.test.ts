// When tokens leave, how soon a hang-up is seen, and that a slow reader is waited for.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import net from 'node:net';
import { readStream } from './read-stream.ts';
import { startSim } from './start-sim.ts';

const sim = startSim({ seed: 1 });
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const unixMs = () => performance.timeOrigin + performance.now();

function post(model: string, signal?: AbortSignal, stream = true): Promise<Response> {
  return fetch(`${sim.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'x' }] }),
    ...(signal ? { signal } : {}),
  });
}

/** Milliseconds from the call to each read that held content. */
async function arrivals(
  model: string,
): Promise<{ headersMs: number; tokensMs: number[]; firstByteMs: number }> {
  const startMs = performance.now();
  const response = await post(model);
  const headersMs = performance.now() - startMs;
  const tokensMs: number[] = [];
  let firstByteMs = 0;
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    firstByteMs ||= performance.now() - startMs;
    const found = decoder.decode(bytes).match(/"content":"[^"]/g)?.length ?? 0;
    for (let n = 0; n < found; n += 1) tokensMs.push(performance.now() - startMs);
  }
  return { headersMs, tokensMs, firstByteMs };
}

describe('pace', () => {
  test('ttft and gap are kept, without drift', async () => {
    const { headersMs, tokensMs } = await arrivals('echo+tokens=11+ttft=100+gap=20');
    expect(tokensMs).toHaveLength(11);
    expect(headersMs).toBeGreaterThan(98);
    for (const [index, ms] of tokensMs.entries()) {
      expect(ms).toBeGreaterThan(97 + 20 * index);
      expect(ms).toBeLessThan(130 + 20 * index);
    }
  });

  test('pace=N is N tokens a second; the server has a default that models may override', async () => {
    const paced = startSim({ pace: 100 });
    const took = async (model: string) => {
      const startMs = performance.now();
      const response = await fetch(`${paced.url}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] }),
      });
      await response.text();
      return performance.now() - startMs;
    };
    expect(await took('echo+tokens=11')).toBeGreaterThan(98);
    expect(await took('echo+tokens=11+pace=50')).toBeGreaterThan(198);
    expect(await took('fast+tokens=11')).toBeLessThan(90);
    await paced.stop();
  });

  test('first-chunks: what leaves before the wait', async () => {
    const none = await arrivals('echo+tokens=2+ttft=200');
    expect(none.headersMs).toBeGreaterThan(197);
    const headers = await arrivals('echo+tokens=2+ttft=200+first-chunks=headers');
    expect([headers.headersMs < 120, headers.firstByteMs > 197]).toEqual([true, true]);
    const metadata = await arrivals('echo+tokens=2+ttft=200+first-chunks=metadata');
    expect([metadata.firstByteMs < 120, (metadata.tokensMs[0] ?? 0) > 197]).toEqual([true, true]);
  });

  test('whole replies and errors wait as well', async () => {
    for (const model of ['echo+ttft=80', 'echo+ttft=80+status=500', 'echo+tokens=4+gap=20']) {
      const startMs = performance.now();
      await post(model, undefined, false).then((response) => response.text());
      expect(performance.now() - startMs).toBeGreaterThan(77);
    }
  });

  test('keepalive fills the silence and changes nothing else', async () => {
    const read = await readStream(await post('echo+tokens=2+ttft=100+keepalive=20'));
    expect(read.text).toBe('This is');
    expect(read.raw.match(/^: keep-alive$/gm)?.length ?? 0).toBeGreaterThanOrEqual(3);
    const stalled = await readStream(await post('echo+stall=1+keepalive=20'), 150);
    expect(stalled.text).toBe('This');
    expect(stalled.raw.match(/^: keep-alive$/gm)?.length ?? 0).toBeGreaterThanOrEqual(4);
  });

  test('of many streams at once none runs ahead or loses a token', async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, () => arrivals('fast+tokens=20+gap=20')),
    );
    for (const { tokensMs } of all) {
      expect(tokensMs).toHaveLength(20);
      expect(tokensMs.findIndex((ms, index) => ms < index * 20 - 2)).toBe(-1);
    }
  });
});

describe('hang-up', () => {
  test.each([
    'echo+tokens=1000+gap=10',
    'echo+stall=1',
    'echo+stall-headers',
    'echo+ttft=5000',
    'echo+tokens=9+split=1+gap=50',
  ])('of a client of %s is seen at once, and ends the stream', async (model) => {
    const controller = new AbortController();
    const reply = post(model, controller.signal).then(
      (response) => response.text(),
      () => '',
    );
    await Bun.sleep(60);
    const record = sim.requests[0];
    expect([record?.endedAt, record?.clientAborted]).toEqual([null, false]);
    const hungUpAt = unixMs();
    controller.abort();
    await reply.catch(() => '');
    await Bun.sleep(60);
    expect(record?.clientAborted).toBe(true);
    expect((record?.endedAt ?? Number.POSITIVE_INFINITY) - hungUpAt).toBeLessThan(50);
    const sent = record?.bytesSent;
    await Bun.sleep(40);
    expect(record?.bytesSent).toBe(sent ?? -1);
  });

  test('a reply that was read to its end is no hang-up', async () => {
    await post('echo').then((response) => response.text());
    await post('echo', undefined, false).then((response) => response.text());
    await Bun.sleep(20);
    expect(sim.requests.map(({ clientAborted, status }) => [clientAborted, status])).toEqual([
      [false, 200],
      [false, 200],
    ]);
    for (const { at, endedAt } of sim.requests) expect((endedAt ?? 0) - at).toBeWithin(0, 100);
  });
});

test('a client that does not read holds the stream back', async () => {
  const body =
    '{"model":"echo+tokens=200000","stream":true,"messages":[{"role":"user","content":"x"}]}';
  const socket = net.connect(sim.port, '127.0.0.1', () => {
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    socket.pause();
  });
  await Bun.sleep(300);
  const held = sim.requests[0]?.bytesSent ?? 0;
  expect(held).toBeGreaterThan(10_000);
  expect(held).toBeLessThan(20_000_000);
  await Bun.sleep(100);
  expect(sim.requests[0]?.bytesSent).toBe(held);
  let read = '';
  socket.on('data', (data) => (read = (read + data.toString()).slice(-200)));
  socket.resume();
  const deadlineMs = performance.now() + 8000;
  while (!read.includes('[DONE]') && performance.now() < deadlineMs) await Bun.sleep(20);
  expect(read).toContain('[DONE]');
  expect(sim.requests[0]?.bytesSent ?? 0).toBeGreaterThan(40_000_000);
  socket.destroy();
}, 15_000);

test('slow-after: at its pace up to there, then slowly', async () => {
  const { tokensMs } = await arrivals('echo+tokens=6+slow-after=3:60');
  const gaps = tokensMs.slice(1).map((ms, index) => ms - (tokensMs[index] ?? 0));
  expect(gaps.map((ms) => ms > 45)).toEqual([false, false, true, true, true]);
  expect((tokensMs.at(-1) ?? 0) - (tokensMs[0] ?? 0)).toBeLessThan(260);
});

test('times=N with slowness alone: only the first N are slow', async () => {
  const model = 'echo+tokens=4+ttft=120+times=1';
  expect((await arrivals(model)).headersMs).toBeGreaterThan(118);
  expect((await arrivals(model)).headersMs).toBeLessThan(60);
});
