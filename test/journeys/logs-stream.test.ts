// The log as it grows: what is told to those who follow it, what they missed, and that nobody waits for them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { followLogs } from '../../src/admin/logs-stream.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { asObject } from '../../src/lib/json.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines, onFiles } from './log-engines.ts';
import { until } from './until.ts';

const HELLO = [{ role: 'user', content: 'hello' }];

let wires: ReturnType<typeof startTwoWires>;
let gateway: GatewayUnderTest;
const ask = async (model: string, user: string) =>
  (
    await gateway.post('/v1/chat/completions', { model, user, messages: HELLO, stream: true })
  ).text();

/** A stream's frames, as they come. */
class Follower {
  readonly frames: SseFrame[] = [];
  readonly reply: Response;
  readonly ended: Promise<void>;
  readonly #abort: AbortController;

  private constructor(reply: Response, abort: AbortController) {
    this.reply = reply;
    this.#abort = abort;
    this.ended = this.#read().catch(() => undefined);
  }

  static async open(
    query = '',
    headers: { readonly [name: string]: string } = {},
    to = gateway,
  ): Promise<Follower> {
    const abort = new AbortController();
    const reply = await fetch(`${to.url}/router/v1/logs:stream${query}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
      signal: abort.signal,
    });
    return new Follower(reply, abort);
  }

  get rows(): readonly LogRow[] {
    return this.frames.map(({ json }) => json as unknown as LogRow);
  }

  get users(): readonly (string | null)[] {
    return this.rows.map(({ user }) => user);
  }

  /** Of the last event, as a client's own memory has it. */
  get lastId(): string {
    return /^id: (.*)$/m.exec(this.frames.at(-1)?.raw ?? '')?.[1] ?? '';
  }

  has = (count: number) => until(() => this.frames.length >= count);

  async leave(): Promise<void> {
    this.#abort.abort();
    await this.ended;
    await until(() => gateway.gateway.tail.listening === 0);
  }

  async #read(): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    for await (const bytes of this.reply.body ?? [])
      this.frames.push(...parser.push(decoder.decode(bytes as Uint8Array, { stream: true })));
  }
}

await onBothEngines((engine) => {
  beforeAll(async () => {
    wires = startTwoWires();
    gateway = await startGateway(wires.yaml);
  });
  afterAll(async () => {
    await gateway.stop();
    await wires.stop();
  });

  describe('whoever follows', () => {
    test('is told each request as it ends: the row as the log has it', async () => {
      const follower = await Follower.open();
      expect(follower.reply.status).toBe(200);
      expect(follower.reply.headers.get('content-type')).toStartWith('text/event-stream');
      for (const user of ['one', 'two', 'three']) await ask('alpha/echo', user);
      await follower.has(3);
      const logged = (await gateway.rows()).filter(({ user }) => follower.users.includes(user));
      expect(follower.rows).toEqual(logged);
      expect(follower.users).toEqual(['one', 'two', 'three']);
      expect(follower.lastId).toBe(logged[2]?.id ?? 'none');
      await follower.leave();
    });

    test('is told what its filter lets through, and nothing else', async () => {
      const ann = await Follower.open('?user=ann');
      const failed = await Follower.open('?status=error&tried=alpha');
      for (const user of ['ann', 'bob', 'ann']) await ask('alpha/echo', user);
      await ask('alpha/echo+status=400', 'eve');
      await ask('beta/echo+status=400', 'eve');
      await ann.has(2);
      await failed.has(1);
      await ask('alpha/echo', 'ann');
      await ann.has(3);
      expect(ann.users).toEqual(['ann', 'ann', 'ann']);
      expect(failed.rows.map(({ requested_model: asked }) => asked)).toEqual([
        'alpha/echo+status=400',
      ]);
      await Promise.all([ann.leave(), failed.leave()]);
    });

    test('who comes back is told what ended meanwhile, each once, and then goes on', async () => {
      const before = await Follower.open();
      const slow = ask('alpha/echo+ttft=400', 'began before, ended after');
      await ask('alpha/echo', 'seen');
      await before.has(1);
      const seen = before.lastId;
      await before.leave();
      await ask('alpha/echo', 'missed');
      await slow;
      const back = await Follower.open('', { 'last-event-id': seen });
      await back.has(2);
      await ask('alpha/echo', 'live');
      await back.has(3);
      await Bun.sleep(60);
      const own = back.rows.filter(({ user }) => user !== 'seen');
      // Rather one row twice than one never: what ended in the same moment may come again.
      const told = own.filter(
        ({ id }, place) => own.findIndex((other) => other.id === id) === place,
      );
      expect(told.map(({ user }) => user).slice(-3)).toEqual([
        'missed',
        'began before, ended after',
        'live',
      ]);
      expect(back.rows.filter(({ id }) => id === seen)).toEqual([]);
      await back.leave();
    });

    test('comes back through its filter', async () => {
      const before = await Follower.open();
      await ask('alpha/echo', 'x');
      await before.has(1);
      const seen = before.lastId;
      await before.leave();
      await Bun.sleep(150);
      for (const user of ['y', 'z', 'y']) await ask('alpha/echo', user);
      const back = await Follower.open('?user=y', { 'last-event-id': seen });
      await back.has(2);
      expect(back.users).toEqual(['y', 'y']);
      await back.leave();
    });

    test('who leaves is forgotten', async () => {
      const follower = await Follower.open();
      expect(gateway.gateway.tail.listening).toBe(1);
      await follower.leave();
      expect(gateway.gateway.tail.listening).toBe(0);
    });

    test('there is room for so many, and the next is told so', async () => {
      const followers = await Promise.all(Array.from({ length: 32 }, () => Follower.open()));
      const refused = await Follower.open();
      expect(refused.reply.status).toBe(429);
      const told = await fetch(`${gateway.url}/router/v1/logs:stream`, {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      });
      expect(asObject(asObject(await told.json())?.error)).toMatchObject({
        code: 'live_tail_full',
      });
      await Promise.all(followers.map((follower) => follower.leave()));
    });

    test('silence is broken by a sign of life', async () => {
      const request = new Request('http://localhost/router/v1/logs:stream');
      const reply = await followLogs(gateway.gateway, {}, request, 20);
      const reader = reply.body?.getReader();
      let heard = '';
      while (heard.split(': still here').length < 4)
        heard += new TextDecoder().decode((await reader?.read())?.value);
      expect(heard).toBe(`retry: 2000\n\n${': still here\n\n'.repeat(3)}`);
      await reader?.cancel();
      await until(() => gateway.gateway.tail.listening === 0);
    });

    // Long, and nothing that a database has a part in.
    onFiles(engine).test(
      'who does not read holds nobody up and is told how much he missed',
      async () => {
        const { hostname, port } = new URL(gateway.url);
        const socket = connect(Number(port), hostname);
        socket.write(
          `GET /router/v1/logs:stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\n\r\n`,
        );
        await until(() => gateway.gateway.tail.listening === 1);
        socket.pause();
        const total = 24_000;
        for (let count = 0; count < total; count += 1) {
          gateway.gateway.tail.publish(sampleExchange({ user: `n${count}` }));
          if (count % 500 === 499) await Bun.sleep(25);
        }
        // Requests go on as if nobody listened.
        await ask('alpha/echo', 'unhindered');
        let text = '';
        socket.on('data', (bytes) => {
          text += bytes.toString('latin1');
        });
        const told = () => {
          const dropped = [...text.matchAll(/event: dropped\ndata: \{"count":(\d+)\}/g)];
          const missed = dropped.reduce((sum, [, count]) => sum + Number(count), 0);
          return { rows: text.split('\ndata: {"id":').length - 1, missed };
        };
        socket.resume();
        await until(() => told().rows + told().missed >= total + 1, 10_000);
        expect(told().missed).toBeGreaterThan(0);
        expect(told().rows).toBeGreaterThan(0);
        expect(told().rows + told().missed).toBe(total + 1);
        socket.destroy();
        await until(() => gateway.gateway.tail.listening === 0);
      },
    );
  });

  describe('refused', () => {
    test.each([
      ['?from=24h', 'from'],
      ['?limit=5', 'limit'],
      ['?status=sad', 'status'],
    ])('%s', async (query, param) => {
      const reply = await fetch(`${gateway.url}/router/v1/logs:stream${query}`, {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      });
      const { error } = (await reply.json()) as { readonly error: unknown };
      expect([reply.status, error]).toMatchObject([400, { code: 'invalid_request', param }]);
      expect(gateway.gateway.tail.listening).toBe(0);
    });

    test('an id that is none', async () => {
      const { reply } = await Follower.open('', { 'last-event-id': '17' });
      expect(reply.status).toBe(400);
      expect(gateway.gateway.tail.listening).toBe(0);
    });

    test('a key that is no admin key', async () => {
      const made = await gateway.post('/router/v1/keys', { name: 'limited' });
      const { key } = (await made.json()) as { key: string };
      const { reply } = await Follower.open('', { authorization: `Bearer ${key}` });
      expect(reply.status).toBe(403);
    });
  });

  test('the stream ends with the gateway, the last row told', async () => {
    const other = await startGateway(wires.yaml);
    const follower = await Follower.open('', {}, other);
    const asked = other.post('/v1/chat/completions', {
      model: 'alpha/echo+ttft=300',
      user: 'last',
      messages: HELLO,
    });
    await Bun.sleep(100);
    await other.stop();
    await follower.ended;
    expect((await asked).status).toBe(200);
    expect(follower.users).toEqual(['last']);
  });
});
