// A thousand callers who ask the same at the same moment: one call upstream, a thousand whole answers.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const CALLERS = 1000;
const TOKENS = 40;
const WAIT_MS = 60_000;

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\ncache: { mode: exact }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

interface Reply {
  readonly head: string;
  readonly body: string;
}

/** Over a bare connection each: the runtime's own client makes 256 calls at once at most. */
function asks(path: string, body: JsonObject): Promise<Reply> {
  const { hostname, port } = new URL(gateway.url);
  const text = JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const pieces: Buffer[] = [];
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${ADMIN_KEY}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  const ended = () => resolve(readReply(Buffer.concat(pieces).toString('utf8')));
  Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`),
      data: (_, bytes) => void pieces.push(Buffer.from(bytes)),
      close: ended,
      error: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}

/** ASCII only: a chunk's length is one in characters too. */
function readReply(text: string): Reply {
  const at = text.indexOf('\r\n\r\n');
  const head = text.slice(0, at);
  let rest = text.slice(at + 4);
  if (!/transfer-encoding: chunked/i.test(head)) return { head, body: rest };
  let body = '';
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (!(size > 0)) return { head, body };
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}

/** What a stream of OpenAI's says, how it ends and what it says of itself. */
function read(body: string) {
  const parser = new SseParser();
  let text = '';
  let finish: unknown = null;
  let metadata: JsonObject = {};
  let id: unknown = null;
  const frames = [...parser.push(body), ...parser.end()];
  for (const { data } of frames) {
    if (data === '[DONE]') continue;
    const chunk = JSON.parse(data) as JsonObject;
    id ??= chunk.id;
    metadata = asObject(chunk.metadata) ?? metadata;
    const choice = asObject(asArray(chunk.choices)[0]);
    text += String(asObject(choice?.delta)?.content ?? '');
    finish = choice?.finish_reason ?? finish;
  }
  return { text, finish, metadata, id, isDone: frames.at(-1)?.data === '[DONE]' };
}

const body = (words: string): JsonObject => ({
  model: `alpha/echo+tokens=${TOKENS}+${words}`,
  stream: true,
  messages: [{ role: 'user', content: words }],
});

async function together(words: string): Promise<readonly ReturnType<typeof read>[]> {
  const all = Array.from({ length: CALLERS }, () => asks('/v1/chat/completions', body(words)));
  return (await Promise.all(all)).map(({ head, body: text }) => {
    expect(head).toStartWith('HTTP/1.1 200');
    return read(text);
  });
}

describe(`${CALLERS} identical streams at once`, () => {
  test(
    'are one call, and each caller has all of the answer, with an id of its own',
    async () => {
      const before = wires.alpha.received;
      const answers = await together('ttft=300+gap=5');
      expect(wires.alpha.received - before).toBe(1);
      const [first] = answers;
      expect(first?.text.split(/\s+/).length).toBeGreaterThan(TOKENS / 2);
      for (const { text, finish, isDone } of answers)
        expect([text, finish, isDone]).toEqual([first?.text, 'stop', true]);
      expect(new Set(answers.map(({ id }) => id)).size).toBe(CALLERS);
      const costs = answers.map(({ metadata }) => metadata.cost_usd === 0 || metadata.cache_hit);
      expect(costs.filter((free) => free !== false).length).toBeGreaterThanOrEqual(CALLERS - 1);
    },
    WAIT_MS,
  );

  test(
    'that the provider fails are few calls, and none waits for ever',
    async () => {
      const before = wires.alpha.received;
      const all = Array.from({ length: CALLERS }, () =>
        asks('/v1/chat/completions', body('status=500')),
      );
      const heads = (await Promise.all(all)).map(({ head }) => head.slice(9, 12));
      expect(new Set(heads).size).toBe(1);
      expect(Number(heads[0])).toBeGreaterThanOrEqual(500);
      // Who joined one that failed joins one other; what fails twice is told.
      expect(wires.alpha.received - before).toBeLessThan(CALLERS / 2);
    },
    WAIT_MS,
  );
});
