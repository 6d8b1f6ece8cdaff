// Request and reply bodies: kept nowhere unless somebody asks, then redacted, sealed and readable by an admin alone.

import { Database } from 'bun:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines, onFiles, queryLog } from './log-engines.ts';
import { until } from './until.ts';

const CANARY = 'canary-Zq83hTTp';
const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg';

let wires: ReturnType<typeof startTwoWires>;
let dataDir: string;
let gateway: GatewayUnderTest | null = null;

async function start(
  settings: string,
  environment: { readonly [name: string]: string } = {},
  now?: () => number,
): Promise<GatewayUnderTest> {
  gateway = await startGateway(`${wires.yaml}\n${settings}`, environment, {
    dataDir,
    ...(now === undefined ? {} : { now }),
  });
  return gateway;
}

interface Asked {
  readonly id: string;
  readonly status: number;
  readonly text: string;
}

async function ask(
  at: GatewayUnderTest,
  body: JsonObject,
  headers: { readonly [name: string]: string } = {},
  path = '/v1/chat/completions',
): Promise<Asked> {
  const response = await at.post(path, body, headers);
  const text = await response.text();
  return { id: response.headers.get('x-generation-id') ?? '', status: response.status, text };
}

const chat = (content: string, more: JsonObject = {}): JsonObject => ({
  model: 'alpha/echo',
  messages: [{ role: 'user', content }],
  ...more,
});

interface Told extends JsonObject {
  readonly request: JsonObject;
  readonly reply: JsonObject;
}

async function bodiesOf(at: GatewayUnderTest, id: string, key = ADMIN_KEY) {
  await at.gateway.bodies.flush();
  const response = await fetch(`${at.url}/router/v1/logs/${id}/bodies`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, body: (await response.json()) as Told };
}

/** The files below the data folder, and the tables of the log's database, that hold this text as it is. */
async function holding(text: string): Promise<readonly string[]> {
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  const held = files.filter((file) => {
    const path = join(dataDir, file);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
  const tables = await queryLog(
    dataDir,
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  );
  const hex = Buffer.from(text).toString('hex');
  for (const table of tables) {
    const found = `t::text LIKE '%${text}%' OR t::text LIKE '%${hex}%'`;
    held.push(...(await queryLog(dataDir, `SELECT '${table}' FROM ${table} t WHERE ${found}`)));
  }
  return held;
}

const bodyFiles = () =>
  readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /bodies-/.test(file),
  );

/** The files or partitions that bodies are in. */
const bodyPlaces = async () => [
  ...bodyFiles(),
  ...(await queryLog(dataDir, "SELECT relname FROM pg_class WHERE relname ~ '^bodies_[0-9]+$'")),
];

async function newKey(at: GatewayUnderTest, more: JsonObject) {
  const response = await at.post('/router/v1/keys', { name: 'app', ...more });
  expect(response.status).toBe(201);
  return (await response.json()) as {
    readonly id: string;
    readonly key: string;
    readonly log_bodies: boolean | null;
  };
}

await onBothEngines((engine) => {
  beforeAll(() => {
    wires = startTwoWires();
  });
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bodies-'));
  });
  afterEach(async () => {
    await gateway?.stop();
    gateway = null;
    rmSync(dataDir, { recursive: true, force: true });
  });
  afterAll(() => wires.stop());

  describe('by default', () => {
    test('no word of a prompt or an answer is on disk, whatever the request was', async () => {
      const at = await start('');
      const wanted = `Say ${CANARY}`;
      await ask(at, chat(wanted));
      await ask(at, chat(wanted, { stream: true }));
      await ask(at, chat(wanted, { model: 'beta/echo', stream: true }));
      await ask(at, { ...chat(wanted), max_tokens: 50 }, {}, '/v1/messages');
      await ask(at, { model: 'alpha/echo', input: wanted, store: false }, {}, '/v1/responses');
      await ask(at, { model: 'alpha/embed', input: wanted }, {}, '/v1/embeddings');
      const refused = await ask(at, chat(wanted, { temperature: 'hot' }));
      expect(refused.status).toBe(400);
      expect(await at.rows()).toHaveLength(7);
      expect(await holding(CANARY)).toEqual([]);
      expect(bodyFiles()).toEqual([]);
      const { status, body } = await bodiesOf(at, refused.id);
      expect([status, body.error]).toEqual([
        404,
        expect.objectContaining({
          message: expect.stringContaining('only where the configuration'),
        }),
      ]);
      await at.stop();
      gateway = null;
      expect(await holding(CANARY)).toEqual([]);
    });

    test('what the header says turns nothing on', async () => {
      const at = await start('');
      const { id } = await ask(at, chat(CANARY), { 'x-switchyard-log-bodies': 'true' });
      expect((await bodiesOf(at, id)).status).toBe(404);
      expect(bodyFiles()).toEqual([]);
    });
  });

  describe('asked for by the configuration', () => {
    const KEEP = 'log: { bodies: { keep: true } }';

    test('they are as the caller had them, and in no file in clear', async () => {
      const at = await start(KEEP, { SWITCHYARD_MASTER_KEY: MASTER_KEY });
      const asked = chat(`Say ${CANARY}`);
      const { id, text } = await ask(at, asked);
      const { status, body } = await bodiesOf(at, id);
      expect(status).toBe(200);
      expect(body).toEqual({
        id,
        request: {
          content_type: 'application/json',
          size: JSON.stringify(asked).length,
          truncated: false,
          json: asked,
        },
        reply: {
          content_type: 'application/json',
          size: text.length,
          truncated: false,
          json: JSON.parse(text),
        },
        redacted: [],
        sealed: true,
        truncated: false,
      });
      expect(text).toContain(CANARY);
      expect(bodyFiles().length > 0).toBe(engine === 'files');
      expect(await holding(CANARY)).toEqual([]);
      await at.stop();
      gateway = null;
      expect(await holding(CANARY)).toEqual([]);
      // The same search finds what is there.
      expect(await holding('alpha/echo')).not.toEqual([]);
    });

    test('a stream is the frames the caller saw', async () => {
      const at = await start(KEEP);
      for (const [path, body] of [
        ['/v1/chat/completions', chat('one two three', { stream: true })],
        ['/v1/messages', { ...chat('one two three', { stream: true }), max_tokens: 50 }],
        [
          '/v1/responses',
          { model: 'beta/echo', input: 'one two three', stream: true, store: false },
        ],
      ] as const) {
        const { id, text } = await ask(at, body, {}, path);
        const { body: told } = await bodiesOf(at, id);
        const sent = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
          data === '[DONE]' ? data : JSON.parse(data),
        );
        expect(sent.length).toBeGreaterThan(3);
        expect(told.reply.events).toEqual(sent);
        expect(told.sealed).toBe(false);
      }
    });

    test('an error is kept as it was told', async () => {
      const at = await start(KEEP);
      const bad = await ask(at, chat('hello', { model: 'alpha/echo', temperature: 'hot' }));
      const { body } = await bodiesOf(at, bad.id);
      expect(bad.status).toBe(400);
      expect(body.request.json).toEqual(chat('hello', { temperature: 'hot' }));
      expect(body.reply.json).toEqual(JSON.parse(bad.text));
    });

    test('of bytes only what they are and how many', async () => {
      const at = await start(KEEP);
      const response = await at.post('/v1/audio/speech', {
        model: 'alpha/speech',
        input: 'hello',
        voice: 'alloy',
      });
      const bytes = await response.bytes();
      const { body } = await bodiesOf(at, response.headers.get('x-generation-id') ?? '');
      expect(response.status).toBe(200);
      expect(body.reply).toEqual({
        content_type: response.headers.get('content-type'),
        size: bytes.length,
        truncated: false,
      });
    });

    test('one no is enough: a header’s, a key’s', async () => {
      const at = await start(KEEP);
      const off = await ask(at, chat('hello'), { 'x-switchyard-log-bodies': 'false' });
      expect((await bodiesOf(at, off.id)).status).toBe(404);
      const never = await newKey(at, { log_bodies: false });
      const byKey = await ask(at, chat('hello'), { authorization: `Bearer ${never.key}` });
      expect((await bodiesOf(at, byKey.id)).status).toBe(404);
      expect(bodyFiles()).toEqual([]);
    });

    test('a body of 16 MB is cut within its strings, and is JSON', async () => {
      const at = await start(`${KEEP}\nserver: { max_body: 32MB }`);
      const long = 'ä'.repeat(8_000_000);
      const { id, status } = await ask(at, chat(long, { metadata: { kept: 'whole' } }));
      expect(status).toBe(200);
      const { body } = await bodiesOf(at, id);
      const json = body.request.json as { messages: { content: string }[]; metadata: unknown };
      expect(json.messages[0]?.content).toBe(
        `${'ä'.repeat(65_536)}…[cut: ${8_000_000 - 65_536} more characters]`,
      );
      expect(json.metadata).toEqual({ kept: 'whole' });
      expect([body.truncated, body.request.truncated]).toEqual([true, true]);
    }, 30_000);
  });

  // What of a body is kept is no matter of where.
  onFiles(engine).describe('asked for by', () => {
    test('a key, until it asks no more', async () => {
      const at = await start('');
      const { id: keyId, key, log_bodies } = await newKey(at, { log_bodies: true });
      expect(log_bodies).toBe(true);
      const headers = { authorization: `Bearer ${key}` };
      const kept = await ask(at, chat('hello'), headers);
      expect((await bodiesOf(at, kept.id)).status).toBe(200);
      expect((await bodiesOf(at, kept.id, key)).status).toBe(403);
      const others = await ask(at, chat('hello'));
      expect((await bodiesOf(at, others.id)).status).toBe(404);
      const changed = await fetch(`${at.url}/router/v1/keys/${keyId}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: JSON.stringify({ log_bodies: null }),
      });
      expect(await changed.json()).toMatchObject({ id: keyId, log_bodies: null });
      const later = await ask(at, chat('hello'), headers);
      expect((await bodiesOf(at, later.id)).status).toBe(404);
    });

    test('a router, in either casing, but not by a variant that refuses', async () => {
      const at = await start(`
routers:
  - name: seen
    defaults: { logBodies: true }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo } }] }
  - name: unseen
    defaults: { log_bodies: true }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo, log_bodies: false } }] }
`);
      const seen = await ask(at, chat('hello', { model: 'router/seen' }));
      const unseen = await ask(at, chat('hello', { model: 'router/unseen' }));
      const plain = await ask(at, chat('hello'));
      expect([seen.status, unseen.status, plain.status]).toEqual([200, 200, 200]);
      expect((await bodiesOf(at, seen.id)).body.request.json).toEqual(
        chat('hello', { model: 'router/seen' }),
      );
      expect((await bodiesOf(at, unseen.id)).status).toBe(404);
      expect((await bodiesOf(at, plain.id)).status).toBe(404);
      expect(at.gateway.bodies.stats).toMatchObject({ kept: 1, held: 0 });
    });
  });

  onFiles(engine).describe('redaction', () => {
    test('reaches every string, across the pieces of a stream, and known keys whatever the rules', async () => {
      const at = await start(
        `log: { bodies: { keep: true, redact: [email, base64, 'ACME-\\d+'], drop: [metadata.note, 'messages[*].name'] } }`,
      );
      const content = 'Write to jo.doe@example.com of ACME-1234, not with alpha-secret.';
      const image = `data:image/png;base64,${PNG.repeat(4)}`;
      const body = chat(content, {
        stream: true,
        metadata: { note: 'private', team: 'x' },
        messages: [
          {
            role: 'user',
            name: 'jo',
            content: [
              { type: 'text', text: content },
              { type: 'image_url', image_url: { url: image } },
            ],
          },
        ],
      });
      const { id, status, text } = await ask(at, body);
      expect(status).toBe(200);
      const { body: told } = await bodiesOf(at, id);
      const kept = JSON.stringify([told.request, told.reply]);
      for (const secret of ['jo.doe', 'example.com', 'ACME-1234', 'alpha-secret', 'private', PNG])
        expect(kept).not.toContain(secret);
      const said = (told.reply.events as readonly { choices?: { delta: { content?: string } }[] }[])
        .map((event) => event.choices?.[0]?.delta.content ?? '')
        .join('');
      expect(said).toContain('Write to [email] of [redacted], not with [api_key].');
      expect(told.redacted).toEqual(['api_keys', 'base64', 'drop', 'email', 'pattern']);
      // It was in pieces when it was sent.
      expect(text).not.toContain('jo.doe@example.com of ACME-1234');
    });

    test('by rules that are none is refused with its place', async () => {
      const error = await startGateway(
        `${wires.yaml}\nlog: { bodies: { keep: true, redact: [email, emial, 'a('] } }`,
      ).then(
        () => null,
        (thrown: Error) => thrown.message,
      );
      expect(error).toContain('log.bodies.redact[1]: is not a built-in rule. Did you mean');
      expect(error).toContain('log.bodies.redact[2]: is neither a built-in rule nor a pattern');
    });
  });

  describe('the master key', () => {
    const KEEP = 'log: { bodies: { keep: true } }';
    const other = Buffer.alloc(32, 6).toString('hex');

    test('that is replaced still opens what it sealed, as long as it is named', async () => {
      const first = await start(KEEP, { SWITCHYARD_MASTER_KEY: MASTER_KEY });
      const { id } = await ask(first, chat(CANARY));
      expect((await bodiesOf(first, id)).status).toBe(200);
      await first.stop();
      const second = await start(KEEP, {
        SWITCHYARD_MASTER_KEY: other,
        SWITCHYARD_MASTER_KEY_PREVIOUS: MASTER_KEY,
      });
      expect((await bodiesOf(second, id)).body.request.json).toEqual(chat(CANARY));
      await second.stop();
      const third = await start(KEEP, { SWITCHYARD_MASTER_KEY: other });
      const { status, body } = await bodiesOf(third, id);
      expect([status, body.error]).toEqual([
        503,
        expect.objectContaining({
          message: expect.stringMatching(/master key [0-9a-f]{16}, which is not here/),
        }),
      ]);
    });

    test('of a wrong length stops the start, and says how to make one', async () => {
      const error = await startGateway(wires.yaml, { SWITCHYARD_MASTER_KEY: 'c2hvcnQ=' }).then(
        () => null,
        (thrown: Error) => thrown.message,
      );
      expect(error).toBe(
        'The master key in SWITCHYARD_MASTER_KEY has 5 bytes; it must have exactly 32, in base64 or hexadecimal. Make one with `openssl rand -base64 32`.',
      );
    });

    test('that is missing is told', async () => {
      const without = await start(KEEP);
      expect(without.gateway.snapshot().notices.join()).toContain('not sealed');
    });
  });

  describe('they go', () => {
    const KEEP = 'log: { bodies: { keep: true, retention: 2d } }';
    const DAY_MS = 24 * 60 * 60 * 1000;

    test('with their day, and are not told once their time is over', async () => {
      let later = 0;
      const at = await start(KEEP, {}, () => Date.now() + later);
      const { id } = await ask(at, chat('hello'));
      expect((await bodiesOf(at, id)).status).toBe(200);
      await at.gateway.bodies.prune();
      expect(await bodyPlaces()).not.toEqual([]);
      later = 2 * DAY_MS + 1000;
      const { status, body } = await bodiesOf(at, id);
      expect([status, body.error]).toEqual([
        404,
        expect.objectContaining({
          message: expect.stringContaining('older than log.bodies.retention'),
        }),
      ]);
      later = 3 * DAY_MS + 1000;
      await at.gateway.bodies.prune();
      expect(await bodyPlaces()).toEqual([]);
    });

    test('by their id and by their user, out of the files too; rows stay', async () => {
      const at = await start(KEEP);
      const one = await ask(at, chat('hello', { user: 'u-1' }));
      const two = await ask(at, chat('hello', { user: 'u-2' }));
      const three = await ask(at, chat('hello', { user: 'u-2' }));
      await at.gateway.bodies.flush();
      const remove = async (path: string) => {
        const headers = { authorization: `Bearer ${ADMIN_KEY}` };
        const response = await fetch(at.url + path, { method: 'DELETE', headers });
        return await response.json();
      };
      expect(await remove(`/router/v1/logs/${one.id}/bodies`)).toEqual({
        id: one.id,
        deleted: true,
      });
      expect(await remove(`/router/v1/logs/${one.id}/bodies`)).toEqual({
        id: one.id,
        deleted: false,
      });
      expect(await remove('/router/v1/bodies?user=u-2')).toEqual({ user: 'u-2', deleted: 2 });
      expect(await remove('/router/v1/bodies')).toMatchObject({ error: { param: 'user' } });
      for (const { id } of [one, two, three]) expect((await bodiesOf(at, id)).status).toBe(404);
      expect(await at.rows()).toHaveLength(3);
    });

    // In PostgreSQL: src/bodies/postgres-bodies.test.ts.
    onFiles(engine).test(
      'where the database does not take them: counted and said once, and no row with them',
      async () => {
        const at = await start(KEEP);
        const before = await ask(at, chat('hello'));
        expect((await bodiesOf(at, before.id)).status).toBe(200);
        const [file = ''] = bodyFiles().filter((name) => name.endsWith('.db'));
        const lock = new Database(join(dataDir, file));
        lock.run('BEGIN EXCLUSIVE');
        const ids: string[] = [];
        for (let count = 0; count < 5; count += 1) ids.push((await ask(at, chat('hello'))).id);
        await until(() => at.gateway.bodies.stats.shed.database === 5, 20_000);
        lock.run('ROLLBACK');
        lock.close();
        expect(at.logged.filter((line) => line.includes('bodies are not kept'))).toHaveLength(1);
        const { status, body } = await bodiesOf(at, ids[0] ?? '');
        expect([status, body.error]).toEqual([
          404,
          expect.objectContaining({ message: expect.stringContaining('had to be given up') }),
        ]);
        expect(await at.rows()).toHaveLength(6);
        const after = await ask(at, chat('hello'));
        expect((await bodiesOf(at, after.id)).status).toBe(200);
        const metrics = await fetch(`${at.url}/metrics`, {
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
        });
        const text = await metrics.text();
        expect(text).toContain('switchyard_log_bodies_shed_total{reason="database"} 5');
        expect(text).toContain('switchyard_log_bodies_kept_total 2');
      },
      40_000,
    );
  });

  onFiles(engine).describe('a stream', () => {
    test('of tool calls is kept as it was, on every wire', async () => {
      const at = await start('log: { bodies: { keep: true } }');
      const parameters = {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      };
      for (const [path, body] of [
        [
          '/v1/chat/completions',
          {
            ...chat('weather'),
            tool_choice: 'required',
            tools: [{ type: 'function', function: { name: 'weather', parameters } }],
          },
        ],
        [
          '/v1/messages',
          {
            ...chat('weather'),
            max_tokens: 90,
            tool_choice: { type: 'any' },
            tools: [{ name: 'weather', input_schema: parameters }],
          },
        ],
        [
          '/v1/responses',
          {
            model: 'beta/echo',
            input: 'weather',
            store: false,
            tool_choice: 'required',
            tools: [{ type: 'function', name: 'weather', parameters, strict: false }],
          },
        ],
      ] as const) {
        const { id, text, status } = await ask(at, { ...body, stream: true }, {}, path);
        expect([path, status]).toEqual([path, 200]);
        expect(text).toMatch(/"name": ?"weather"/);
        const { body: told } = await bodiesOf(at, id);
        const sent = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
          data === '[DONE]' ? data : JSON.parse(data),
        );
        expect(told.reply.events).toEqual(sent);
      }
    });

    test('that the caller leaves is kept as far as it went', async () => {
      const url = wires.alpha.urlWith('pace=20');
      const slow = await startGateway(
        `${wires.yaml.replace(wires.alpha.url, url)}\nlog: { bodies: { keep: true } }`,
        {},
        { dataDir },
      );
      gateway = slow;
      const controller = new AbortController();
      const response = await fetch(`${slow.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(chat('hello '.repeat(200), { stream: true })),
        signal: controller.signal,
      });
      const id = response.headers.get('x-generation-id') ?? '';
      await response.body?.getReader().read();
      controller.abort();
      await until(() => slow.gateway.bodies.stats.kept === 1, 5000);
      const { body } = await bodiesOf(slow, id);
      const events = body.reply.events as readonly unknown[];
      expect(events.length).toBeGreaterThan(0);
      expect(events).not.toContain('[DONE]');
      expect(slow.gateway.bodies.stats).toMatchObject({ held: 0 });
      expect((await slow.rows()).map(({ outcome }) => outcome)).toEqual(['aborted']);
    });
  });
});
