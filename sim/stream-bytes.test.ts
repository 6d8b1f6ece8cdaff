// How the bytes of a stream can look, and that they always mean the same.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import net from 'node:net';
import { readStream } from './read-stream.ts';
import { startSim } from './start-sim.ts';

const sim = startSim({ seed: 1 });
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const SAY = 'Zwölf Boxkämpfer 😀😀 jagen';

function post(path: '/chat/completions' | '/messages', words: string): Promise<Response> {
  return fetch(sim.url + path, {
    method: 'POST',
    headers: path === '/messages' ? { 'anthropic-version': '2023-06-01' } : {},
    body: JSON.stringify({
      model: `echo+say=${encodeURIComponent(SAY)}${words === '' ? '' : `+${words}`}`,
      max_tokens: 99,
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
    }),
  });
}

describe.each(['/chat/completions', '/messages'] as const)('%s', (path) => {
  test.each([
    '',
    'crlf',
    'cr',
    'comments',
    'bom',
    'tight',
    'no-done',
    'metadata=5',
    'crlf+bom+comments+tight+split=7',
  ])('"%s" changes the bytes, not the meaning', async (words) => {
    const read = await readStream(await post(path, words));
    expect([read.text, read.error]).toEqual([SAY, null]);
    expect(read.raw.includes('\r\n')).toBe(words.includes('crlf'));
    expect(/\r(?!\n)/.test(read.raw)).toBe(words === 'cr');
    expect(read.raw.startsWith('\uFEFF')).toBe(words.includes('bom'));
    expect(/^: keep-alive$/m.test(read.raw)).toBe(words.includes('comments'));
    expect(/data: \{/.test(read.raw)).toBe(!words.includes('tight'));
    expect(read.raw.includes(path === '/messages' ? '"message_stop"' : '[DONE]')).toBe(
      words !== 'no-done',
    );
  });

  test('comments stand before every event', async () => {
    const { raw } = await readStream(await post(path, 'comments'));
    const events = raw.split('\n\n').filter((part) => part !== '');
    expect(events.length % 2).toBe(0);
    expect(
      events.filter((_, index) => index % 2 === 0).every((part) => part === ': keep-alive'),
    ).toBe(true);
    expect(events.filter((_, index) => index % 2 === 1).some((part) => part.startsWith(':'))).toBe(
      false,
    );
  });

  test('split=1 really leaves in pieces, through characters too', async () => {
    const body = JSON.stringify({
      model: 'echo+say=😀+split=1',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    });
    const pieces: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const socket = net.connect(sim.port, '127.0.0.1', () =>
        socket.write(
          `POST /v1${path} HTTP/1.1\r\nconnection: close\r\nanthropic-version: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        ),
      );
      socket.on('data', (data) => pieces.push(Buffer.from(data)));
      socket.on('close', () => resolve());
    });
    expect(pieces.length).toBeGreaterThan(400);
    const texts = pieces
      .map((piece) => piece.toString('latin1'))
      .filter((text) => text.startsWith('1\r\n'));
    expect(texts.length).toBeGreaterThan(400);
    expect(texts).toContain('1\r\n\xf0\r\n');
  });

  test('split=N:MS leaves time between them, so that they are read one by one', async () => {
    const response = await post(path, 'split=100:3+tokens=1');
    const { reads, raw } = await readStream(response);
    expect(reads).toBeGreaterThan((raw.length / 100) * 0.7);
  });

  test('metadata=N brings N more frames without content, first', async () => {
    const plain = await readStream(await post(path, ''));
    const more = await readStream(await post(path, 'metadata=50'));
    expect(more.events.length - plain.events.length).toBe(50);
    expect(more.text).toBe(plain.text);
  });
});

test('gzip only where the client takes it, and only whole replies', async () => {
  const ask = (encoding: string) =>
    fetch(`${sim.url}/chat/completions`, {
      method: 'POST',
      headers: { 'accept-encoding': encoding },
      decompress: false,
      body: JSON.stringify({ model: 'echo+gzip', messages: [{ role: 'user', content: 'x' }] }),
    });
  const zipped = await ask('gzip, br');
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  const text = new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(await zipped.arrayBuffer())));
  expect(JSON.parse(text)).toHaveProperty('choices');
  const plain = await ask('identity');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await plain.json()).toHaveProperty('choices');
});

test('the same seed gives the same ids', async () => {
  const id = async () => {
    const one = startSim({ seed: 42 });
    const reply = await fetch(`${one.url}/chat/completions`, {
      method: 'POST',
      body: '{"model":"fast","messages":[{"role":"user","content":"x"}]}',
    });
    const { id: found } = (await reply.json()) as { id: string };
    await one.stop();
    return found;
  };
  const first = await id();
  expect(first).toMatch(/^chatcmpl-[0-9A-Za-z]{29}$/);
  expect(await id()).toBe(first);
});
