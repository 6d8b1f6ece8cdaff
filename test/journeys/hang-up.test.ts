// A caller who hangs up, or who stops reading: the provider is let go at once, and nothing piles up in between.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { unixMs } from '../../sim/http/responder.ts';
import type { RecordedRequest, Sim } from '../../sim/start-sim.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { CALLERS, type Caller, openaiCaller } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines, onFiles } from './log-engines.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
const sims: { readonly [provider: string]: Sim } = { alpha, beta };
let gateway: GatewayUnderTest;

const WITHIN_MS = 100;

/** Sends a call, and hangs up so long after it has reached a provider. */
async function hangUp(
  caller: Caller,
  model: string,
  more: JsonObject,
  afterMs: number,
): Promise<{ readonly atMs: number }> {
  const controller = new AbortController();
  const { signal } = controller;
  const reply = fetch(gateway.url + caller.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(caller.body(model, more)),
    signal,
  }).then((response) => response.text());
  const reached = alpha.received + beta.received;
  await until(() => alpha.received + beta.received > reached);
  await Bun.sleep(afterMs);
  const atMs = unixMs();
  controller.abort();
  expect(await reply.catch(() => 'hung up')).toBe('hung up');
  return { atMs };
}

/** The one request the provider got was broken off; how long after the caller was gone, in milliseconds. */
async function letGoAfterMs(requests: readonly RecordedRequest[], atMs: number): Promise<number> {
  const [request] = requests;
  expect(requests.length).toBe(1);
  await until(() => request?.endedAt !== null);
  expect(request?.clientAborted).toBe(true);
  return (request?.endedAt ?? 0) - atMs;
}

/** Of several measurements the middle one: a busy machine may spoil one of them. */
function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

async function rowsSince(before: number): Promise<readonly LogRow[]> {
  await Bun.sleep(30);
  return (await gateway.rows()).slice(before);
}

const MOMENTS: readonly (readonly [string, boolean, string, boolean])[] = [
  ['in the middle of a stream', true, 'tokens=100+gap=15', true],
  ['before a stream\u2019s first token', true, 'ttft=3000', false],
  ['before a stream\u2019s first token, after its metadata', true, 'ttft=3000+metadata=3', false],
  ['while a whole reply is made', false, 'ttft=3000', false],
  ['in the middle of a whole reply', false, 'tokens=50+stall=1', false],
];

/** The figure once it has not moved for 200 ms. */
async function settled(figure: () => number): Promise<number> {
  for (let rounds = 0; rounds < 40; rounds++) {
    const before = figure();
    await Bun.sleep(200);
    if (figure() === before) return before;
    if (before > 512 * 1024 * 1024) break;
  }
  throw new Error(`it goes on without end: ${figure()}`);
}

function openSocket(): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function send(socket: Socket, caller: Caller, model: string, more: JsonObject = {}): void {
  const asked = { stream: true, max_tokens: 100_000_000, ...more };
  const body = JSON.stringify(caller.body(model, asked));
  socket.write(
    `POST ${caller.path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

afterAll(() => wires.stop());

await onBothEngines((engine) => {
  beforeAll(async () => {
    gateway = await startGateway(`${wires.yaml}\nserver: { drain: 500ms }\n`);
  });
  afterAll(async () => {
    await gateway.stop();
  });

  describe('the provider is let go within 100 ms, and the row says so', () => {
    test.each(engine === 'files' ? MOMENTS : MOMENTS.slice(0, 2))(
      '%s',
      async (_moment, stream, words, delivered) => {
        const tookMs: number[] = [];
        for (const caller of CALLERS) {
          for (const provider of ['alpha', 'beta']) {
            alpha.clear();
            beta.clear();
            const before = (await gateway.rows()).length;
            const model = `${provider}/echo+${words}`;
            const { atMs } = await hangUp(caller, model, { stream, models: ['alpha/echo'] }, 100);
            tookMs.push(await letGoAfterMs(sims[provider]?.requests ?? [], atMs));
            expect(alpha.received + beta.received).toBe(1);
            const rows = await rowsSince(before);
            expect(rows.length).toBe(1);
            expect(rows[0]).toMatchObject({
              outcome: 'aborted',
              status: 499,
              error: { code: 'client_closed' },
              attempts: [{ model, success: false, error: 'client_closed' }],
              // It was at work when it was let go: it has read, and will bill, what it was sent.
              usage_estimated: true,
            });
            if (delivered) expect(rows[0]?.usage.output).toBeWithin(1, 40);
            else expect(rows[0]?.usage.output).toBe(0);
            // What the caller got of it stands apart from what is billed.
            const got = rows[0]?.delivered_tokens ?? null;
            if (delivered) expect(got).toBeWithin(1, 40);
            else expect(got).toBe(0);
            expect(rows[0]?.attempts[0]?.delivered_tokens).toBe(got as number);
            expect(rows[0]?.usage.input).toBeGreaterThan(0);
          }
        }
        expect(median(tookMs)).toBeLessThan(WITHIN_MS);
      },
    );

    test('in the pause before another try: no other try', async () => {
      alpha.clear();
      const before = (await gateway.rows()).length;
      await hangUp(openaiCaller, 'alpha/echo+status=503', {}, 30);
      await Bun.sleep(250);
      expect(alpha.received).toBe(1);
      const rows = await rowsSince(before);
      expect(rows.map(({ outcome, status }) => [outcome, status])).toEqual([['aborted', 499]]);
    });

    test('while its body is still on the way: nobody is asked', async () => {
      alpha.clear();
      const before = (await gateway.rows()).length;
      const socket = await openSocket();
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\n`;
      socket.write(`${head}content-length: 1000\r\n\r\n{"model": "alpha/echo", "messages": [`);
      await Bun.sleep(30);
      socket.destroy();
      const rows = await rowsSince(before);
      expect(rows.map(({ outcome, status }) => [outcome, status])).toEqual([['aborted', 499]]);
      expect(alpha.received).toBe(0);
      expect(gateway.logged).toEqual([]);
    });

    test('after the last byte: the answer counts', async () => {
      const before = (await gateway.rows()).length;
      const controller = new AbortController();
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: JSON.stringify(openaiCaller.body('alpha/echo', { stream: true })),
        signal: controller.signal,
      });
      await reply.text();
      controller.abort();
      const rows = await rowsSince(before);
      expect(rows.map(({ outcome, status }) => [outcome, status])).toEqual([['ok', 200]]);
    });
  });

  // What its row says is said above, on both.
  onFiles(engine).describe('a caller that stops reading', () => {
    const ENDLESS = 'tokens=600000';
    const MAX_BYTES = 64 * 1024 * 1024;

    test('stops the provider too, and is served on when it reads again', async () => {
      // The same wire on both sides, and another: frames that pass and frames that are made.
      for (const caller of CALLERS) {
        alpha.clear();
        const socket = await openSocket();
        socket.pause();
        send(socket, caller, `alpha/echo+${ENDLESS}`);
        const sent = () => alpha.requests[0]?.bytesSent ?? 0;
        await until(() => sent() > 0);
        const plateau = await settled(sent);
        // What the sockets on both sides hold, and no more: the whole answer is some 150 MB.
        expect(plateau).toBeLessThan(MAX_BYTES);
        expect(alpha.requests[0]?.endedAt).toBeNull();
        let heard = 0;
        socket.on('data', (bytes) => {
          heard += bytes.length;
        });
        socket.resume();
        await until(() => sent() > plateau + 4 * 1024 * 1024, 5000);
        expect(heard).toBeGreaterThan(0);
        const atMs = unixMs();
        socket.destroy();
        expect(await letGoAfterMs(alpha.requests, atMs)).toBeLessThan(5 * WITHIN_MS);
      }
    });

    test('for longer than its total time is written down then, and the provider let go', async () => {
      for (const caller of CALLERS) {
        alpha.clear();
        const before = (await gateway.rows()).length;
        const socket = await openSocket();
        socket.pause();
        send(socket, caller, `alpha/echo+${ENDLESS}`, { fallback: { total_timeout: '700ms' } });
        await until(() => alpha.requests[0]?.endedAt != null, 3000);
        const rows = await rowsSince(before);
        expect(rows.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
          ['error', 'total_timeout'],
        ]);
        socket.destroy();
      }
    });

    test('that hangs up without ever having read lets the provider go', async () => {
      alpha.clear();
      const before = (await gateway.rows()).length;
      const socket = await openSocket();
      socket.pause();
      send(socket, openaiCaller, `alpha/echo+${ENDLESS}`);
      const sent = () => alpha.requests[0]?.bytesSent ?? 0;
      await until(() => sent() > 0);
      await settled(sent);
      const atMs = unixMs();
      socket.destroy();
      expect(await letGoAfterMs(alpha.requests, atMs)).toBeLessThan(5 * WITHIN_MS);
      const rows = await rowsSince(before);
      expect(rows.map(({ outcome }) => outcome)).toEqual(['aborted']);
    });
  });
});
