// Exports over real HTTP: what arrives and what stays here, dead letters, back-fill, gaps, orders and who gave them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogRow } from '../../src/core/log-row.ts';
import { ExportState } from '../../src/exports/export-state.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../exports/webhook-receiver.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const WITHIN_MS = 20_000;

let wires: ReturnType<typeof startTwoWires>;
let hook: WebhookReceiver;

beforeAll(() => {
  wires = startTwoWires();
});
afterAll(() => wires.stop());
beforeEach(async () => {
  hook = await startWebhookReceiver();
});

const exporting = (more = '') =>
  `${wires.yaml}\nexports:\n  hook: { type: webhook, url: "${hook.url}/in", secret: "${hook.secret}"${more} }\n`;

/** A gateway that is gone when the test's scope ends. */
async function opened(yaml: string): Promise<GatewayUnderTest & AsyncDisposable> {
  const receiver = hook;
  const gateway = await startGateway(yaml);
  return { ...gateway, [Symbol.asyncDispose]: () => gateway.stop().then(() => receiver.stop()) };
}

async function asked(gateway: GatewayUnderTest, path: string, body?: unknown) {
  const response = await fetch(`${gateway.url}/router/v1/exports${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function record(gateway: GatewayUnderTest, count: number, change = {}): readonly string[] {
  return Array.from({ length: count }, () => {
    const exchange = sampleExchange({ at: Date.now() - 1000, ...change });
    gateway.gateway.record(exchange);
    return exchange.id;
  });
}

describe('live', () => {
  test('a request is there within seconds, as the log has it, signed', async () => {
    await using gateway = await opened(exporting());
    await gateway.openai().chat.completions.create({
      model: 'alpha/echo',
      messages: [{ role: 'user', content: 'Hello' }],
      user: 'ada',
    });
    await until(() => hook.rows.size === 1, 5000);
    const [logged] = await gateway.rows();
    expect([...hook.last.values()]).toEqual([logged as LogRow]);
    expect([hook.unsigned, hook.types]).toEqual([0, ['requests.finished']]);
    const told = { name: 'hook', type: 'webhook', state: 'ok', delivered: 1, dead_letters: 0 };
    await until(async () => Bun.deepMatch(told, (await asked(gateway, '/hook')).body), WITHIN_MS);
  });

  test('what is not to be told stays here', async () => {
    const more = ', user: hashed, drop: [metadata.email], filter: { models: ["openai/gpt-5.4"] }';
    await using gateway = await opened(exporting(more));
    record(gateway, 1, { user: 'ada', metadata: { email: 'ada@example.com', tier: 'pro' } });
    record(gateway, 1, { model: 'other/model', requestedModel: 'other/model' });
    const [third] = record(gateway, 1, { user: null });
    await until(() => hook.rows.has(third ?? ''), WITHIN_MS);
    expect(hook.rows.size).toBe(2);
    const [row] = hook.last.values();
    const hash = createHash('sha256').update('ada').digest('hex');
    expect([row?.user, row?.metadata]).toEqual([hash, { tier: 'pro' }]);
    expect(JSON.stringify([...hook.bodies.values()].map((one) => [...one]))).not.toContain('@');
  });

  test('one that fails holds up no other', async () => {
    const other = await startWebhookReceiver();
    const yaml = `${exporting()}  slow: { type: webhook, url: "${other.url}", secret: "${other.secret}" }\n`;
    await using gateway = await opened(yaml);
    other.refuse = () => 503;
    const ids = record(gateway, 10);
    await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
    await until(async () => {
      const { body } = await asked(gateway, '/slow');
      return body.state === 'retrying' && Number(body.lag_seconds) > 0;
    }, WITHIN_MS);
    const stuck = gateway.gateway.exports.health().find(({ name }) => name === 'slow');
    expect([stuck?.why, typeof stuck?.stuckSince]).toEqual(['it answered 503', 'number']);
    const metrics = await fetch(`${gateway.url}/metrics`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const text = await metrics.text();
    const labels = 'export="hook",type="webhook"';
    expect(text).toContain(`switchyard_export_rows_total{${labels},result="delivered"} 10`);
    expect(text).toMatch(
      /switchyard_export_stuck_seconds{export="slow",type="webhook"} [0-9.]*[1-9]/,
    );
    await other.stop();
  });
});

describe('rows nobody takes', () => {
  test('are found in their batch, kept by their ids, and tried again when somebody says so', async () => {
    await using gateway = await opened(exporting());
    const bad = new Set<string>();
    hook.refuse = (rows) => (rows.some(({ id }) => bad.has(id)) ? 422 : null);
    const good = record(gateway, 40);
    for (const id of record(gateway, 2)) bad.add(id);
    const more = record(gateway, 40);
    await until(() => [...good, ...more].every((id) => hook.rows.has(id)), WITHIN_MS);
    const letters = async () => {
      const { body } = await asked(gateway, '/hook/dead-letters');
      return body.dead_letters as readonly { id: string; why: string; tries: number }[];
    };
    await until(async () => (await letters()).length === 2, WITHIN_MS);
    expect(new Set((await letters()).map(({ id }) => id))).toEqual(bad);
    expect((await letters())[0]).toMatchObject({ why: 'it answered 422', tries: 1 });
    expect([...bad].filter((id) => hook.rows.has(id))).toEqual([]);

    // Still refused: they stay, and hold nobody up.
    await gateway.gateway.ledger.flush();
    expect((await asked(gateway, '/hook:retry-dead-letters', {})).body).toEqual({ retrying: 2 });
    await until(async () => (await letters()).every(({ tries }) => tries === 2), WITHIN_MS);
    hook.refuse = () => null;
    await asked(gateway, '/hook:retry-dead-letters', {});
    await until(() => [...bad].every((id) => hook.rows.has(id)), WITHIN_MS);
    await until(async () => (await letters()).length === 0, WITHIN_MS);
    expect([...hook.rows.values()].every((times) => times === 1)).toBe(true);
  });

  test('a place that refuses everything loses nothing', async () => {
    await using gateway = await opened(exporting());
    hook.refuse = () => 401;
    const ids = record(gateway, 30);
    await until(async () => (await asked(gateway, '/hook')).body.state === 'refused', WITHIN_MS);
    expect((await asked(gateway, '/hook:test', {})).body).toEqual({
      ok: false,
      result: 'refused',
      why: 'it answered 401',
    });
    expect(gateway.logged.filter((line) => line.startsWith('error Export "hook"'))).toHaveLength(1);
    hook.refuse = () => null;
    // A test that goes well is a reason to try again at once.
    expect((await asked(gateway, '/hook:test', {})).body).toEqual({ ok: true });
    await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
    await until(async () => (await asked(gateway, '/hook')).body.state === 'ok', WITHIN_MS);
    expect((await asked(gateway, '/hook')).body.dead_letters).toBe(0);
  });
});

describe('orders', () => {
  test('paused, it keeps what comes; who ordered it is written down', async () => {
    await using gateway = await opened(exporting());
    expect((await asked(gateway, '/hook:pause', {})).body.state).toBe('paused');
    const ids = record(gateway, 5);
    await Bun.sleep(2500);
    expect(hook.rows.size).toBe(0);
    await asked(gateway, '/hook:resume', {});
    await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
    const audit = await fetch(`${gateway.url}/router/v1/audit?action=export.pause`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const text = await audit.text();
    expect([audit.status, text.includes('export.pause'), text.includes('hook')]).toEqual([
      200,
      true,
      true,
    ]);
  });

  test('what is not there is told with what is', async () => {
    await using gateway = await opened(exporting());
    const { status, body } = await asked(gateway, '/hok');
    expect(status).toBe(404);
    expect(JSON.stringify(body)).toContain('There are hook.');
    expect((await asked(gateway, '/hook:explode', {})).status).toBe(404);
    // What every object has is no export.
    for (const path of ['/constructor', '/tostring'])
      expect((await asked(gateway, path)).status).toBe(404);
    expect((await asked(gateway, '/constructor:pause', {})).status).toBe(404);
    expect((await asked(gateway, '/constructor:test', {})).status).toBe(404);
    const audit = await fetch(`${gateway.url}/router/v1/audit?limit=1000`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    expect([audit.status, (await audit.text()).includes('constructor')]).toEqual([200, false]);
    expect((await asked(gateway, '/hook:backfill', { from: 'soon' })).status).toBe(400);
  });

  test('a changed configuration changes exports, and only those', async () => {
    await using gateway = await opened(exporting());
    const before = record(gateway, 3);
    await until(() => before.every((id) => hook.rows.has(id)), WITHIN_MS);
    const config = gateway.gateway.config();
    const other = await startWebhookReceiver();
    const second = { type: 'webhook', url: `${other.url}/in`, secret: other.secret } as const;
    gateway.gateway.change({ config: { ...config, exports: { ...config.exports, second } } });
    const ids = record(gateway, 3);
    await until(() => ids.every((id) => hook.rows.has(id) && other.rows.has(id)), WITHIN_MS);
    gateway.gateway.change({ config: { ...config, exports: { second } } });
    // It has a moment to send what it has; then nothing is kept for it.
    const place = join(gateway.gateway.ledger.spoolFolder, 'export-hook.position');
    await until(() => !existsSync(place), WITHIN_MS);
    const later = record(gateway, 3);
    await until(() => later.every((id) => other.rows.has(id)), WITHIN_MS);
    expect(later.some((id) => hook.rows.has(id))).toBe(false);
    expect((await asked(gateway, '/hook')).status).toBe(404);
    expect([...hook.rows.values(), ...other.rows.values()].every((times) => times === 1)).toBe(
      true,
    );
    await other.stop();
  }, 30_000);
});

describe('one that hangs', () => {
  test('is removed for good: no place of it comes back, and it sends nothing more', async () => {
    let calls = 0;
    let aborted = 0;
    const answer = Promise.withResolvers<void>();
    using slow = Bun.serve({
      ...{ port: 0, hostname: '127.0.0.1', idleTimeout: 0 },
      async fetch(request) {
        calls += 1;
        request.signal.addEventListener('abort', () => {
          aborted += 1;
        });
        await answer.promise;
        return new Response('late');
      },
    });
    const yaml = `${wires.yaml}\nexports:\n  slow: { type: webhook, url: "${slow.url}" }\n`;
    await using gateway = await opened(yaml);
    record(gateway, 3);
    await until(() => calls === 1, WITHIN_MS);
    const config = gateway.gateway.config();
    gateway.gateway.change({ config: { ...config, exports: {} } });
    const place = join(gateway.gateway.ledger.spoolFolder, 'export-slow.position');
    await until(() => !existsSync(place), WITHIN_MS);
    // It was told that nobody waits any longer; what it says now comes too late.
    await until(() => aborted === 1, WITHIN_MS);
    answer.resolve();
    record(gateway, 3);
    await gateway.gateway.ledger.flush();
    await Bun.sleep(1500);
    expect([existsSync(place), calls]).toEqual([false, 1]);
  }, 60_000);
});

describe('out of the log', () => {
  test('a back-fill sends what was before, beside what comes', async () => {
    await using gateway = await opened(exporting());
    await asked(gateway, '/hook:pause', {});
    const old = record(gateway, 2500, { at: Date.now() - 3_600_000 });
    await asked(gateway, '/hook:resume', {});
    await until(() => old.every((id) => hook.rows.has(id)), WITHIN_MS);
    await gateway.gateway.ledger.flush();
    hook.rows.clear();
    const order = await asked(gateway, '/hook:backfill', { from: '2h', to: '30m' });
    expect([order.status, order.body.state]).toEqual([200, 'running']);
    const live = record(gateway, 10);
    const one = () => asked(gateway, `/hook/backfills/${order.body.id}`);
    await until(async () => (await one()).body.state === 'done', WITHIN_MS);
    expect((await one()).body).toMatchObject({ kind: 'asked', rows: 2500, progress: 1 });
    await until(() => live.every((id) => hook.rows.has(id)), WITHIN_MS);
    expect(old.filter((id) => hook.rows.get(id) !== 1)).toEqual([]);
    expect(hook.rows.size).toBe(2510);
  }, 40_000);

  test('one that is cancelled sends no more', async () => {
    await using gateway = await opened(exporting());
    hook.refuse = () => 503;
    const { body } = await asked(gateway, '/hook:backfill', { from: '2h' });
    const cancelled = await asked(gateway, '/hook:cancel-backfill', { id: body.id });
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect((await asked(gateway, '/hook:cancel-backfill', { id: body.id })).status).toBe(404);
  });

  test('a gap that is owed is lag, for whoever looks', async () => {
    await using gateway = await opened(exporting());
    const state = new ExportState(join(gateway.dataDir, 'switchyard.db'), 'another', Date.now);
    const from = Date.now() - 3_600_000;
    // The log will never have come so far: it stays open.
    const to = { segment: 999_999, offset: 0 };
    const spool = basename(gateway.gateway.ledger.spoolFolder);
    state.noteGap('hook', { ranges: [[from, from + 60_000, 5]], ids: null, spool, to });
    state.close();
    const lag = async () => Number((await asked(gateway, '/hook')).body.lag_seconds);
    await until(async () => (await lag()) >= 3600, WITHIN_MS);
    expect(await lag()).toBeLessThan(3700);
    // What alerts go by.
    expect(gateway.gateway.exports.health()[0]?.lagMs).toBeGreaterThanOrEqual(3_600_000);
    // What is live goes on.
    const ids = record(gateway, 3);
    await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
  }, 40_000);

  test('what lags too far behind is left to the log, and filled in from there', async () => {
    const yaml = `${exporting()}log: { spool: { max_bytes: 2MB } }\n`;
    await using gateway = await opened(yaml);
    await until(async () => (await asked(gateway, '/hook')).body.state === 'ok', WITHIN_MS);
    await hook.goAway();
    const ids: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      ids.push(...record(gateway, 100, { at: Date.now() - 600_000 * turn }));
      await Bun.sleep(20);
    }
    type Gap = { kind: string; state: string };
    const gaps = async () => (await asked(gateway, '/hook')).body.backfills as readonly Gap[];
    await until(async () => (await gaps()).length > 0, WITHIN_MS);
    expect((await gaps())[0]).toMatchObject({ kind: 'gap', state: 'running' });
    await hook.comeBack();
    await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
    await until(async () => (await gaps()).every(({ state }) => state === 'done'), WITHIN_MS);
    expect(gateway.gateway.ledger.stats.dropped).toBe(0);
    const fine = { state: 'ok', lag_seconds: 0, stuck_since: null, dead_letters: 0 };
    await until(async () => Bun.deepMatch(fine, (await asked(gateway, '/hook')).body), WITHIN_MS);
  }, 60_000);
});
