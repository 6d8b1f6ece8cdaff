// The listener over bare sockets: kept connections, pipelining, closing, large bodies.
import { expect, test } from 'bun:test';
import net from 'node:net';
import { listenHttp } from './listen-http.ts';

/** Sends the texts, waits, and returns all that came and whether the server closed. */
async function talk(
  port: number,
  texts: readonly string[],
): Promise<{ got: string; closed: boolean }> {
  let got = '';
  let closed = false;
  const socket = net.connect(port, '127.0.0.1');
  socket.on('data', (data) => (got += data.toString()));
  socket.on('end', () => (closed = true));
  for (const text of texts) {
    socket.write(text);
    await Bun.sleep(20);
  }
  await Bun.sleep(50);
  socket.destroy();
  return { got, closed };
}

test('requests on one connection are answered in order, also when they come at once and are answered late', async () => {
  const order: string[] = [];
  const listener = listenHttp('127.0.0.1', 0, (request, responder) => {
    order.push(request.path);
    const answer = () => responder.whole(200, '', request.path);
    if (request.path === '/slow') setTimeout(answer, 20);
    else answer();
  });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const { got, closed } = await talk(listener.port, [
    get('/slow') + get('/a') + get('/b'),
    get('/c'),
  ]);
  expect(order).toEqual(['/slow', '/a', '/b', '/c']);
  expect(got.match(/\/(slow|a|b|c)/g)).toEqual(['/slow', '/a', '/b', '/c']);
  expect(closed).toBe(false);
  listener.stop();
});

test('connection: close is obeyed; nonsense is answered and closed', async () => {
  const listener = listenHttp('127.0.0.1', 0, (_, responder) => responder.whole(200, '', 'ok'));
  const polite = await talk(listener.port, ['GET / HTTP/1.1\r\nconnection: close\r\n\r\n']);
  expect([polite.got.endsWith('ok'), polite.closed]).toEqual([true, true]);
  const rude = await talk(listener.port, ['nonsense\r\n\r\n']);
  expect([rude.got.startsWith('HTTP/1.1 400'), rude.closed]).toEqual([true, true]);
  listener.stop();
});

test('a body of 20 MB, sent as it is and in chunks, arrives whole', async () => {
  const lengths: number[] = [];
  const listener = listenHttp('127.0.0.1', 0, (request, responder) => {
    lengths.push(request.body.length);
    responder.whole(200, '', request.body);
  });
  const body = 'x'.repeat(20_000_000);
  const url = `http://127.0.0.1:${listener.port}/`;
  const plain = await fetch(url, { method: 'POST', body });
  expect((await plain.text()).length).toBe(body.length);
  const stream = new ReadableStream({
    start(controller) {
      for (let n = 0; n < 20; n += 1)
        controller.enqueue(new TextEncoder().encode('y'.repeat(1000)));
      controller.close();
    },
  });
  const chunked = await fetch(url, { method: 'POST', body: stream });
  expect(await chunked.text()).toBe('y'.repeat(20_000));
  expect(lengths).toEqual([20_000_000, 20_000]);
  listener.stop();
});
