// A router that is changed while it serves: no stream breaks, and the next request goes by the new version.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { openaiCaller } from './callers.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

const STREAMS = 400;
const KEY = 'sy-the-operators-own-key';
const before = startSim({ seed: 1, keep: 0 });
const after = startSim({ seed: 2, keep: 0 });
let folder: Folder;
let program: Program;

beforeAll(async () => {
  folder = openFolder();
  await folder.write(
    'switchyard.yaml',
    `
health: { enabled: false }
discovery: { local: false }
cache: { mode: off }
providers:
  before: { dialect: openai-chat, base_url: "${before.url}", api_key: k1 }
  after: { dialect: openai-chat, base_url: "${after.url}", api_key: k2 }
`,
  );
  program = await startServe([], folder, { env: { SWITCHYARD_ADMIN_KEY: KEY } });
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  await before.stop();
  await after.stop();
});

const router = (model: string) => ({
  name: 'live',
  defaultRoute: { variants: [{ variant: { model_id: model }, weight: 100 }] },
});

async function admin(method: string, path: string, body?: object): Promise<Response> {
  return await fetch(program.url() + path, {
    method,
    headers: { authorization: `Bearer ${KEY}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A whole reply over a connection of its own: a client library would not hold so many at once. */
async function ask(): Promise<string> {
  const { hostname, port } = new URL(program.url());
  const body = JSON.stringify(openaiCaller.body('router/live', { stream: true }));
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${hostname}`,
    `authorization: Bearer ${KEY}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const { promise, resolve } = Promise.withResolvers<string>();
  const decoder = new TextDecoder();
  let heard = '';
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(`${head.join('\r\n')}\r\n\r\n${body}`),
      data(socket, bytes) {
        heard += decoder.decode(bytes, { stream: true });
        if (heard.includes('\r\n0\r\n\r\n')) socket.end();
      },
      close: () => resolve(heard),
      error: (_socket, error) => resolve(`${heard}\n${error.message}`),
    },
  });
  return await promise;
}

const isWhole = (heard: string) =>
  heard.startsWith('HTTP/1.1 200') &&
  heard.split('data: [DONE]').length === 2 &&
  !heard.includes('"error"');

test(`an edit under ${STREAMS} streams`, async () => {
  const made = await admin('POST', '/router/v1/routers', router('before/echo+tokens=40+gap=60'));
  expect(made.status).toBe(200);
  const running = Array.from({ length: STREAMS }, ask);
  await until(() => before.received === STREAMS, 10_000);
  const patch = { defaultRoute: router('after/echo').defaultRoute };
  expect((await admin('PATCH', '/router/v1/routers/live', patch)).status).toBe(200);
  const next = await ask();
  expect([isWhole(next), next.includes('"actual_model":"after/echo"')]).toEqual([true, true]);
  const heard = await Promise.all(running);
  expect(heard.filter((one) => !isWhole(one))).toEqual([]);
  expect(heard.every((one) => one.includes('"actual_model":"before/echo+tokens=40+gap=60"'))).toBe(
    true,
  );
  expect([before.received, after.received]).toEqual([STREAMS, 1]);
  await until(async () => {
    const reply = await admin('GET', '/router/v1/logs?router=live&limit=1000');
    const { logs } = (await reply.json()) as { logs: { outcome: string }[] };
    return logs.length === STREAMS + 1 && logs.every(({ outcome }) => outcome === 'ok');
  }, 5000);
}, 30_000);
