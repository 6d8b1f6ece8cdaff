// What is made of answers that are longer than anybody reads, break off, never come, or lead elsewhere.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpCall, httpCall, meaningOf, toldWords } from './http-call.ts';

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;
beforeEach(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server = createServer((request, response) => {
    request.resume();
    answer(response);
  }).listen(0, '127.0.0.1', resolve);
  await promise;
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const called = (more: Partial<HttpCall> = {}) =>
  httpCall({ fetch, url, method: 'POST', headers: {}, body: 'x', ...more });

test('an answer without an end is read up to the bound, and let go', async () => {
  let closed = false;
  let written = 0;
  answer = (response) => {
    const write = () => {
      while (!response.destroyed) {
        written += 65_536;
        if (!response.write('ä'.repeat(32_768))) break;
      }
    };
    response.on('drain', write).on('close', () => {
      closed = true;
    });
    write();
  };
  const got = await called({ maxBytes: 100_001, timeoutMs: 20_000 });
  expect(got).toMatchObject({ status: 200, isWhole: false });
  // A letter of two bytes is not cut in half.
  expect(got.status === null ? '' : got.text).toBe('ä'.repeat(50_000));
  for (let look = 0; look < 200 && !closed; look += 1) await Bun.sleep(20);
  expect(closed).toBe(true);
  expect(written).toBeLessThan(64 * 1024 * 1024);
});

test('an answer that breaks off is none, except where its status says it all', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun', () => response.destroy());
  };
  expect((await called()).status).toBeNull();
  expect(await called({ isByStatus: true })).toMatchObject({ status: 200, isWhole: false });
});

test('nobody answers in time, or where it was', async () => {
  answer = () => undefined;
  expect(await called({ timeoutMs: 50 })).toEqual({
    status: null,
    why: 'no answer within 0.05 s',
  });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  expect(await called({ signal: abort.signal })).toEqual({
    status: null,
    why: 'stopped while it was sent',
  });
  const gone = url.replace('://', '://name:secret-word@');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const refused = await called({ url: gone });
  expect(refused.status === null ? refused.why : '').toMatch(/^no connection.*\(\w+\)$/);
});

test('a redirect is an answer, and is not followed', async () => {
  answer = (response) => {
    response.writeHead(307, { location: url, 'retry-after': '7' }).end('over there');
  };
  expect(await called()).toMatchObject({ status: 307, text: 'over there', afterMs: 7000 });
});

test('what statuses say', () => {
  const of = (statuses: readonly number[]) => [...new Set(statuses.map(meaningOf))];
  expect(of([200, 202, 204])).toEqual(['taken']);
  expect(of([408, 409, 423, 425, 429, 500, 503, 599])).toEqual(['later']);
  expect(of([301, 307, 400, 401, 403, 404, 410, 413, 422])).toEqual(['refused']);
});

test('words of others are told without addresses, on one line', () => {
  expect(toldWords('no\n  route to https://name:secret@host/x ')).toBe('no route to [redacted]');
  expect(toldWords('x '.repeat(500))).toHaveLength(300);
});
