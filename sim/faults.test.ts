// Every fault, as a client sees it on the wire, on both wires.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import net from 'node:net';
import { readStream } from './read-stream.ts';
import { startSim } from './start-sim.ts';

const sim = startSim({ seed: 1 });
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

type Wire = 'openai' | 'anthropic';
const WIRES: readonly Wire[] = ['openai', 'anthropic'];
const DONE = { openai: '[DONE]', anthropic: 'message_stop' };
/** The text of the first tokens of any answer of numbered ones. */
const TOKENS = ['This', ' is', ' a', ' simulated', ' answer', ' from'];
const first = (n: number) => TOKENS.slice(0, n).join('');

function post(wire: Wire, words: string, more: object = {}, base = sim.url): Promise<Response> {
  return fetch(base + (wire === 'openai' ? '/chat/completions' : '/messages'), {
    method: 'POST',
    headers: wire === 'openai' ? {} : { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: `echo+tokens=6${words === '' ? '' : `+${words}`}`,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
      ...more,
    }),
    signal: AbortSignal.timeout(4000),
  });
}

const whole = { stream: false };
const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) =>
      error instanceof Error && 'code' in error ? String(error.code) : String(error),
  );

/** All bytes the server sends to a bare socket, and how the connection ended. */
function raw(wire: Wire, words: string, more: object = {}): Promise<{ text: string; end: string }> {
  const body = JSON.stringify({
    model: `echo+tokens=6+${words}`,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
    ...more,
  });
  const head =
    `POST /v1/${wire === 'openai' ? 'chat/completions' : 'messages'} HTTP/1.1\r\nhost: x\r\nanthropic-version: 2023-06-01\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return new Promise((resolve) => {
    let text = '';
    let end = 'open';
    const socket = net.connect(sim.port, '127.0.0.1', () => socket.write(head + body));
    socket.on('data', (data) => (text += data.toString()));
    socket.on('end', () => (end = 'FIN'));
    socket.on('error', (error) => (end = 'code' in error ? String(error.code) : 'error'));
    socket.on('close', () => resolve({ text, end }));
    setTimeout(() => {
      if (end === 'open') resolve({ text, end });
      socket.destroy();
    }, 300);
  });
}

describe.each(WIRES)('%s', (wire) => {
  test('plain: everything comes, and nothing is wrong', async () => {
    const read = await readStream(await post(wire, ''));
    expect([read.text, read.error]).toEqual([first(6), null]);
    expect(read.raw).toContain(DONE[wire]);
  });

  test('reset: no byte of an answer, a TCP reset', async () => {
    expect(await raw(wire, 'reset')).toEqual({ text: '', end: 'ECONNRESET' });
    expect(await failing(post(wire, 'reset'))).toBe('ECONNRESET');
    expect(sim.requests.map(({ status, clientAborted }) => [status, clientAborted])).toEqual([
      [null, false],
      [null, false],
    ]);
  });

  test('reset=2: two tokens, then a TCP reset', async () => {
    const { text, end } = await raw(wire, 'reset=2');
    expect([text.includes(' is'), text.includes(' simulated'), end]).toEqual([
      true,
      false,
      'ECONNRESET',
    ]);
    const read = await readStream(await post(wire, 'reset=2'));
    expect(read.text).toBe(first(2));
    expect(read.error).not.toBeNull();
  });

  test('cut=3: three tokens, then the connection closes inside a chunked body', async () => {
    const { text, end } = await raw(wire, 'cut=3');
    expect([text.endsWith('0\r\n\r\n'), end]).toEqual([false, 'FIN']);
    const read = await readStream(await post(wire, 'cut=3'));
    expect(read.text).toBe(first(3));
    expect(read.error).not.toBeNull();
    expect(read.raw).not.toContain(DONE[wire]);
  });

  test('eof=3: three tokens, then a clean end of the body', async () => {
    const { text } = await raw(wire, 'eof=3');
    expect(text).toEndWith('0\r\n\r\n');
    const read = await readStream(await post(wire, 'eof=3'));
    expect([read.text, read.error]).toEqual([first(3), null]);
    expect(read.raw).not.toContain(DONE[wire]);
  });

  test('faults at 0 come before any event, and late ones happen all the same', async () => {
    for (const fault of ['eof', 'cut']) {
      const none = await readStream(await post(wire, `${fault}=0`));
      expect([none.raw, none.error === null]).toEqual(['', fault === 'eof']);
      const late = await readStream(await post(wire, `${fault}=99`));
      expect([late.text, late.error === null]).toEqual([first(6), fault === 'eof']);
      expect(late.raw).not.toContain(DONE[wire]);
    }
  });

  test('cut=end, eof=end: everything is said, and how it ended, but not that it is over', async () => {
    for (const fault of ['eof', 'cut']) {
      const read = await readStream(await post(wire, `${fault}=end`));
      expect([read.text, read.error === null]).toEqual([first(6), fault === 'eof']);
      expect(read.raw).toContain(wire === 'openai' ? '"finish_reason":"stop"' : '"end_turn"');
      expect(read.raw).not.toContain(DONE[wire]);
    }
  });

  test('stall=2: two tokens, then silence on an open connection', async () => {
    const startMs = performance.now();
    const read = await readStream(await post(wire, 'stall=2'), 250);
    expect(read.text).toBe(first(2));
    expect(performance.now() - startMs).toBeGreaterThan(240);
    await Bun.sleep(30);
    expect(sim.requests[0]?.clientAborted).toBe(true);
  });

  test('stall=2:100 goes on after that time', async () => {
    const startMs = performance.now();
    const read = await readStream(await post(wire, 'stall=2:100'));
    expect([read.text, read.error]).toEqual([first(6), null]);
    expect(performance.now() - startMs).toBeGreaterThan(98);
    expect(read.raw).toContain(DONE[wire]);
  });

  test('stall-headers: nothing ever', async () => {
    expect(await raw(wire, 'stall-headers')).toEqual({ text: '', end: 'open' });
    expect(
      await failing(
        fetch(`${sim.url}/models`, {
          headers: { 'x-sim': 'stall-headers' },
          signal: AbortSignal.timeout(150),
        }),
      ),
    ).toContain('23');
  });

  test('malformed=2: a broken line between good ones', async () => {
    const read = await readStream(await post(wire, 'malformed=2'));
    expect([read.text, read.error]).toEqual([first(6), null]);
    const broken = read.others.filter((data) => data !== '[DONE]');
    expect(broken).toHaveLength(1);
    expect(() => JSON.parse(broken[0] ?? '')).toThrow();
    expect(read.raw.indexOf(broken[0] ?? '?')).toBeGreaterThan(read.raw.indexOf('" is"'));
    expect(read.raw.indexOf(broken[0] ?? '?')).toBeLessThan(read.raw.indexOf('" a"'));
  });

  test('error-in-stream: an error event, then a clean end without the last event', async () => {
    const at0 = await readStream(await post(wire, 'error-in-stream=0:rate_limit'));
    expect([at0.events.length, at0.error]).toEqual([1, null]);
    expect(at0.events[0]).toMatchObject({
      error: { type: wire === 'openai' ? 'tokens' : 'rate_limit_error' },
    });
    const at3 = await readStream(await post(wire, 'error-in-stream=3'));
    expect(at3.text).toBe(first(3));
    expect(at3.events.at(-1)).toMatchObject({
      error: { type: wire === 'openai' ? 'server_error' : 'api_error' },
    });
    expect(at3.raw).not.toContain(DONE[wire]);
  });

  test('metadata first, then an error before any content', async () => {
    const read = await readStream(await post(wire, 'error-in-stream=0+metadata=3'));
    expect(read.text).toBe('');
    expect(read.events.length).toBeGreaterThan(4);
    expect(read.events.at(-1)).toHaveProperty('error');
  });

  test.each([
    ['vendor', { error: { message: expect.any(String) } }],
    ['object', { object: 'error', message: expect.any(String), code: 503 }],
    ['empty', { error: {} }],
    ['string', { error: expect.any(String) }],
    ['detail', { detail: expect.any(String) }],
    ['array', [{ error: { code: 503 } }]],
  ] as const)('error-shape=%s, as a reply and in a stream', async (shape, like) => {
    const reply = await post(wire, `status=503+error-shape=${shape}`, whole);
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject(like);
    const read = await readStream(
      await post(wire, `error-in-stream=1:unavailable+error-shape=${shape}`),
    );
    if (shape === 'array') expect(JSON.parse(read.others.at(-1) ?? '')).toMatchObject(like);
    else expect(read.events.at(-1)).toMatchObject(like);
  });

  test.each([
    ['error-in-200', 'application/json', (text: string) => 'error' in JSON.parse(text)],
    ['empty', 'application/json', (text: string) => text === ''],
    ['junk', 'application/json', (text: string) => text.includes('not JSON')],
    ['content-type=text/html', 'text/html', (text: string) => text.startsWith('<!DOCTYPE html>')],
  ])('%s: status 200, streamed or not', async (words, type, fits) => {
    for (const more of [{}, whole]) {
      const response = await post(wire, words, more);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      expect(fits(await response.text())).toBe(true);
    }
  });

  test('an HTML error page, and a good answer under a wrong type', async () => {
    const page = await post(wire, 'content-type=text/html+status=502');
    expect([page.status, (await page.text()).includes('<h1>502</h1>')]).toEqual([502, true]);
    const odd = await post(wire, 'content-type=text/plain');
    expect(odd.headers.get('content-type')).toBe('text/plain');
    expect((await readStream(odd)).text).toBe(first(6));
  });

  test('not streamed: cut, reset and stall after half the body, eof and malformed as broken JSON', async () => {
    for (const words of ['cut=1', 'reset=1']) {
      const { text } = await raw(wire, words, whole);
      const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
      const got = text.length - text.indexOf('\r\n\r\n') - 4;
      expect(got).toBe(Math.floor(length / 2));
      expect(
        await failing(post(wire, words, whole).then((response) => response.text())),
      ).not.toBeNull();
    }
    expect((await raw(wire, 'stall=1', whole)).end).toBe('open');
    expect(await (await post(wire, 'stall=1:50', whole)).json()).toHaveProperty('usage');
    for (const words of ['eof=1', 'malformed=1']) {
      const text = await (await post(wire, words, whole)).text();
      expect(text.length).toBeGreaterThan(100);
      expect(() => JSON.parse(text)).toThrow();
    }
  });

  test('words reach it by query, header, key and base URL too', async () => {
    const path = wire === 'openai' ? '/chat/completions' : '/messages';
    const body = JSON.stringify({
      model: 'echo',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'x' }],
    });
    const version = wire === 'openai' ? {} : { 'anthropic-version': '2023-06-01' };
    const status = async (url: string, headers: Record<string, string> = {}) =>
      (await fetch(url, { method: 'POST', body, headers: { ...version, ...headers } })).status;
    expect(await status(`${sim.url}${path}?beta=true`)).toBe(200);
    expect(await status(`${sim.url}${path}?status=418`)).toBe(418);
    expect(await status(sim.url + path, { 'x-sim': 'ttft=1 status=419' })).toBe(419);
    expect(await status(sim.url + path, { authorization: 'Bearer sim-k+status=420' })).toBe(420);
    expect(await status(sim.url + path, { 'x-api-key': 'sim-k+status=421' })).toBe(421);
    expect(await status(sim.url + path, { authorization: 'Bearer real+key' })).toBe(200);
    expect(await status(sim.urlWith('status=422+retry-after=1') + path)).toBe(422);
    expect(await status(sim.url + path, { 'x-sim': 'explode' })).toBe(400);
  });
});

test('refusingUrl refuses connections', async () => {
  expect(await failing(post('openai', '', {}, sim.refusingUrl()))).toBe('ECONNREFUSED');
});

test('own reply headers', async () => {
  const response = await post('openai', 'headers=x-one:a%20b+headers=x-two:c');
  expect([response.headers.get('x-one'), response.headers.get('x-two')]).toEqual(['a b', 'c']);
});
