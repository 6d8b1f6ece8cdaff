// A mail server that never comes to an end: no channel is busy with it for longer than a mail may take.
import { afterEach, expect, test } from 'bun:test';
import { createServer, type Server, type Socket } from 'node:net';
import { composed } from '../notice.ts';
import { sendMail } from './mail.ts';

let server: Server;
let timers: Timer[] = [];
afterEach(() => {
  for (const timer of timers) clearInterval(timer);
  timers = [];
  server.close();
});

/** Answers the first command line by line, without a last one. */
async function startDripping(sockets: Set<Socket>): Promise<number> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    socket.once('data', () => {
      timers.push(setInterval(() => socket.write('250-and\r\n'), 10));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('one that says a little again and again is left after the time that a mail may take', async () => {
  const sockets = new Set<Socket>();
  const port = await startDripping(sockets);
  const channel = {
    ...{ type: 'smtp' as const, host: '127.0.0.1', port, tls: 'off' as const },
    ...{ from: 'a@example.com', to: ['b@example.com'] },
  };
  const message = composed('m', 0, 'test', []);
  const sent = await sendMail(channel, { message, link: null, now: 0 }, 300);
  expect(sent).toEqual({
    ...{ ok: false, problem: 'Not taken within 0.3 s.', isPermanent: false, retryAfterMs: null },
  });
  for (let waited = 0; sockets.size > 0 && waited < 300; waited += 1) await Bun.sleep(10);
  expect(sockets.size).toBe(0);
}, 10_000);

test('an address that is none is an answer, and nothing thrown', async () => {
  server = createServer();
  const channel = {
    ...{ type: 'smtp' as const, host: 'mail\u0000.example', port: 1, tls: 'off' as const },
    ...{ from: 'a@example.com', to: ['b@example.com'] },
  };
  const message = composed('m', 0, 'test', []);
  const sent = await sendMail(channel, { message, link: null, now: 0 }, 5000);
  expect(sent.ok).toBe(false);
}, 10_000);
