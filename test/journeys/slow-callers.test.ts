// Callers that read slowly, or not at all for a while: the provider is held back, memory stays small, and nobody's patience ends.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { startSim } from '../../sim/start-sim.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { CALLERS, type Caller } from './callers.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

const KEY = 'sy-the-operators-own-key';
const MB = 1024 * 1024;
const IDLE_MS = 300;
/** Numbered tokens: an answer of some 53 MB. */
const TOKENS = 340_000;

const sim = startSim({ seed: 31 });
let folder: Folder;
let program: Program;

beforeAll(async () => {
  folder = openFolder();
  await folder.write(
    'switchyard.yaml',
    `
discovery: { local: false }
cache: { mode: off }
timeouts: { idle: ${IDLE_MS}ms, first_token: 2s }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, limits: { concurrent: 1 } }
`,
  );
  program = await startServe([], folder, { env: { SWITCHYARD_ADMIN_KEY: KEY } });
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  await sim.stop();
});

function openSocket(): Promise<Socket> {
  const { hostname, port } = new URL(program.url());
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function send(socket: Socket, caller: Caller): void {
  const model = `alpha/echo+tokens=${TOKENS}`;
  const body = JSON.stringify(caller.body(model, { stream: true, max_tokens: 100_000_000 }));
  socket.write(
    `POST ${caller.path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Resident memory of the gateway's process, in bytes. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

const sent = () => sim.requests[0]?.bytesSent ?? 0;

async function newestRow(): Promise<LogRow | undefined> {
  const list = await fetch(`${program.url()}/router/v1/logs?limit=1`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  return ((await list.json()) as { logs: LogRow[] }).logs[0];
}

describe.skipIf(process.platform !== 'linux')('an answer of 100 MB', () => {
  test.each(CALLERS)(
    '$name: waits at the provider while nobody reads it, and is whole in the end',
    async (caller) => {
      sim.clear();
      const socket = await openSocket();
      socket.pause();
      const before = residentBytes();
      send(socket, caller);
      await until(() => sent() > 0);
      // Four times as long as a provider may be silent; in the last of them nothing moves.
      let most = 0;
      let held = 0;
      for (let waitedMs = 0; waitedMs < 4 * IDLE_MS; waitedMs += 50) {
        await Bun.sleep(50);
        most = Math.max(most, residentBytes());
        if (waitedMs < 3 * IDLE_MS) held = sent();
      }
      expect(sent()).toBe(held);
      // What the sockets on both sides hold, which grow with the machine's load: far from all of it.
      expect(held).toBeLessThan(60 * MB);
      expect(most - before).toBeLessThan(80 * MB);
      expect(sim.requests[0]?.endedAt).toBeNull();
      let tail = '';
      socket.on('data', (piece) => {
        tail = (tail + piece.toString('latin1')).slice(-4000);
      });
      socket.resume();
      await until(() => socket.closed, 20_000);
      expect(sent()).toBeGreaterThan(100 * MB);
      expect(tail).toContain(String(TOKENS));
      expect(tail).toEndWith('\r\n0\r\n\r\n');
      await until(async () => (await newestRow())?.outcome === 'ok');
    },
    40_000,
  );
});
