// Against a server that takes and refuses what Mixpanel's pages say it does.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliver, row, rows } from '../../../test/analytics/deliver.ts';
import {
  ACCOUNT,
  type MixpanelServer,
  startMixpanel,
  TOKEN,
} from '../../../test/analytics/mixpanel-server.ts';
import { type MixpanelSettings, mixpanel } from '../../config/export-mixpanel-schema.ts';
import { databasePath, openStore } from '../../store/open-store.ts';
import type { ExportSink } from '../export-sink.ts';
import { KeptExposures } from '../exposure-memory.ts';
import { Exposures } from './exposures.ts';
import { mixpanelSink } from './mixpanel-sink.ts';
import { EVENT_PROPERTIES } from './request-event.ts';

let server: MixpanelServer;

beforeEach(async () => {
  server = await startMixpanel();
});
afterEach(() => server.stop());

function sink(change: object = {}) {
  const settings = { type: 'mixpanel', base_url: server.url, ...ACCOUNT, ...change };
  return mixpanelSink(mixpanel.parse(settings) satisfies MixpanelSettings, { fetch });
}

const signal = () => AbortSignal.timeout(10_000);

describe('requests', () => {
  test('are events with what happened, and nothing that is not known', async () => {
    const one = row({
      id: '01a2066d-039e-757b-9635-99b7809f8451',
      at: new Date(1_780_000_000_123).toISOString(),
      user: 'ann',
      variant_id: null,
      ttft_ms: null,
      metadata: { plan: 'pro', seats: 12, deep: { a: [1] }, none: null, note: 'é'.repeat(200) },
      facts: { language: 'fi' },
    });
    expect(await sink().send([one], signal())).toEqual({ kind: 'taken', rejected: [] });
    expect(server.came).toEqual([
      {
        event: 'llm_request',
        properties: {
          distinct_id: 'ann',
          time: 1_780_000_000_123,
          $insert_id: '01a2066d-039e-757b-9635-99b7809f8451',
          generation_id: '01a2066d-039e-757b-9635-99b7809f8451',
          endpoint: 'chat.completions',
          dialect: 'openai-chat',
          stream: true,
          key_id: 'key_1',
          requested_model: 'openai/gpt-5.4',
          model: 'openai/gpt-5.4',
          provider: 'openai',
          outcome: 'ok',
          status: 200,
          finish_reason: 'stop',
          attempts: 1,
          resumed: false,
          input_tokens: 812,
          cache_read_tokens: 0,
          output_tokens: 220,
          reasoning_tokens: 64,
          usage_estimated: false,
          cost_usd: one.cost_usd,
          unpriced: false,
          total_ms: one.total_ms,
          simulated: false,
          fact_language: 'fi',
          meta_plan: 'pro',
          meta_seats: 12,
          meta_deep: '{"a":[1]}',
          meta_note: 'é'.repeat(127),
        },
      },
    ]);
  });

  test('take the name, the prefix and the metadata that are asked for', async () => {
    const settings = {
      event: 'Model called',
      metadata: { prefix: '', allow: ['plan', 'model', 'token', '$city'], deny: ['seats'] },
    };
    const metadata = { plan: 'pro', seats: 3, model: 'mine', token: 't', $city: 'x', other: 1 };
    await sink(settings).send([row({ metadata, user: 'ann' })], signal());
    const [event] = server.came;
    expect(event?.event).toBe('Model called');
    expect(event?.properties).toMatchObject({ plan: 'pro', model: 'openai/gpt-5.4' });
    for (const name of ['seats', 'other', 'token', '$city'])
      expect(event?.properties).not.toHaveProperty(name);
  });

  test.each([[null], [' '], ['null'], ['Anonymous'], ['0'], ['x'.repeat(256)]])(
    'of the user %p are nobody’s, or left out',
    async (user) => {
      const one = row({ user, router_id: 'r', route_id: 'd', variant_id: 'a' });
      await sink().send([one], signal());
      expect(server.came.map(({ properties }) => properties.distinct_id)).toEqual(['']);
      expect(await sink({ anonymous: 'skip' }).send([one], signal())).toEqual({
        kind: 'taken',
        rejected: [],
      });
      expect(server.came).toHaveLength(1);
    },
  );

  test('may be sent with a project token', async () => {
    const { base_url } = { base_url: server.url };
    const settings = mixpanel.parse({ type: 'mixpanel', base_url, token: TOKEN });
    const delivery = await mixpanelSink(settings, { fetch }).send([row({ user: 'ann' })], signal());
    expect(delivery.kind).toBe('taken');
  });
});

describe('exposures', () => {
  const exposed = { router_id: 'support', route_id: 'default', variant_id: 'b' };

  test('are told once for each user and variant', async () => {
    const one = sink();
    await one.send([row({ user: 'ann', ...exposed }), row({ user: 'ann', ...exposed })], signal());
    await one.send([row({ user: 'ann', ...exposed })], signal());
    await one.send([row({ user: 'ann', ...exposed, variant_id: 'a' })], signal());
    await one.send([row({ user: null, ...exposed }), row({ user: 'bob' })], signal());
    const told = server.came.filter(({ event }) => event === '$experiment_started');
    expect(told.map(({ properties }) => properties)).toEqual([
      expect.objectContaining({
        distinct_id: 'ann',
        'Experiment name': 'support/default',
        'Variant name': 'b',
      }),
      expect.objectContaining({ distinct_id: 'ann', 'Variant name': 'a' }),
    ]);
    expect(new Set(told.map(({ properties }) => properties.$insert_id)).size).toBe(2);
  });

  test('are told again until they are there, by the same id', async () => {
    const one = sink();
    const batch = [row({ user: 'ann', ...exposed })];
    server.fail(1);
    expect((await one.send(batch, signal())).kind).toBe('later');
    server.fail(0);
    await one.send(batch, signal());
    expect(server.events('$experiment_started')).toHaveLength(1);
    const again = sink();
    await again.send(batch, signal());
    expect(server.events('$experiment_started')).toHaveLength(1);
  });

  test('are told with the same time by the next process, where nobody knows whether they are there', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-exposures-'));
    openStore({ dataDir }).close();
    const living = () => {
      const memory = new KeptExposures(databasePath(dataDir), 'events');
      const settings = mixpanel.parse({ type: 'mixpanel', base_url: server.url, ...ACCOUNT });
      return mixpanelSink(settings, { fetch, exposures: memory });
    };
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute)).toISOString();
    const send = async (one: ExportSink, minute: number) => {
      const sent = await one.send([row({ user: 'ann', at: at(minute), ...exposed })], signal());
      await one.close?.();
      return sent.kind;
    };
    server.fail(1);
    expect(await send(living(), 1)).toBe('later');
    server.fail(0);
    expect(await send(living(), 2)).toBe('taken');
    expect(await send(living(), 3)).toBe('taken');
    const told = server.came.filter(({ event }) => event === '$experiment_started');
    expect(told.map(({ properties }) => properties.time)).toEqual([Date.parse(at(1))]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('of a back-fill are told where they are earlier', async () => {
    const one = sink();
    const at = (hour: number) => new Date(Date.UTC(2026, 10, 1, hour)).toISOString();
    const times = [at(12), at(13), at(11), at(3), at(4)];
    for (const time of times)
      await one.send([row({ user: 'ann', at: time, ...exposed })], signal());
    const told = server.came.filter(({ event }) => event === '$experiment_started');
    expect(told.map(({ properties }) => properties.time)).toEqual(
      [at(12), at(11), at(3)].map((time) => Date.parse(time)),
    );
  });

  test('are remembered up to so many', () => {
    const few = new Exposures(null, 2);
    const meet = (user: string) => {
      const batch = new Map<string, number>();
      const event = few.of(row({ user, ...exposed }), batch);
      few.told(batch);
      return event !== null;
    };
    // Who comes again is not the oldest any more.
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map(meet)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  test('are left out where nobody wants them', async () => {
    await sink({ exposures: false }).send([row({ user: 'ann', ...exposed })], signal());
    expect(server.came.map(({ event }) => event)).toEqual(['llm_request']);
  });
});

describe('what it says', () => {
  test('of the credentials is known before the first event', async () => {
    expect(await sink().prepare?.(signal())).toEqual({ kind: 'taken', rejected: [] });
    expect((await sink({ secret: 'wrong' }).prepare?.(signal()))?.kind).toBe('refused');
    expect(server.came).toEqual([]);
    server.fail(1);
    expect((await sink().prepare?.(signal()))?.kind).toBe('later');
  });

  test('of a project it does not know is no test that goes well', async () => {
    const answer = async () =>
      Response.json({ code: 400, error: 'no project_id' }, { status: 400 });
    const fetching = Object.assign(answer, { preconnect: fetch.preconnect });
    const settings = mixpanel.parse({ type: 'mixpanel', ...ACCOUNT });
    expect(await mixpanelSink(settings, { fetch: fetching }).prepare?.(signal())).toEqual({
      kind: 'refused',
      why: 'Mixpanel answered 400: no project_id. Check project_id and region',
    });
  });

  test('of single events rejects their rows alone', async () => {
    const old = row({ at: '1970-01-02T00:00:00.000Z', user: 'ann' });
    const delivery = await sink().send([row(), old, row()], signal());
    expect(delivery).toEqual({
      kind: 'taken',
      rejected: [
        {
          index: 1,
          why: "Mixpanel: llm_request: properties.time 'properties.time' is invalid",
        },
      ],
    });
    expect(server.events('llm_request')).toHaveLength(2);
  });

  test.each([
    [401, {}, { kind: 'refused' }],
    [403, {}, { kind: 'refused' }],
    [413, {}, { kind: 'refused', splits: true }],
    [429, {}, { kind: 'later', afterMs: 60_000 }],
    [429, { 'retry-after': '7' }, { kind: 'later', afterMs: 7000 }],
    [503, {}, { kind: 'later', afterMs: null }],
    [302, { location: 'http://127.0.0.1:1/' }, { kind: 'refused' }],
  ])('with %p %p is %p', async (status, headers, meant) => {
    const answer = async () => Response.json({ error: 'no' }, { status, headers });
    const settings = mixpanel.parse({ type: 'mixpanel', ...ACCOUNT });
    const fetching = Object.assign(answer, { preconnect: fetch.preconnect });
    const delivery = await mixpanelSink(settings, { fetch: fetching }).send([row()], signal());
    expect(delivery).toMatchObject(meant);
  });

  test('of wrong credentials tells what to do, and no secret', async () => {
    const delivery = await sink({ secret: 'wrong-s3cret' }).send([row()], signal());
    expect(delivery).toMatchObject({ kind: 'refused' });
    const why = delivery.kind === 'refused' ? delivery.why : '';
    expect(why).toContain('service account');
    expect(why).not.toContain('s3cret');
    expect(why).not.toContain(Buffer.from('wrong-s3cret').toString('base64').slice(0, 8));
  });
});

test('everything is there once, of a server that fails every third call', async () => {
  server.fail(0.3);
  const sent = rows(600);
  const delivered = await deliver(sink(), sent, 20);
  expect(delivered.rejected).toEqual([]);
  expect(server.calls().failed).toBeGreaterThan(5);
  const ids = server.events('llm_request').map(({ properties }) => properties.generation_id);
  expect(ids.toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
  const pairs = new Set(sent.filter(({ user }) => user).map((r) => `${r.user} ${r.variant_id}`));
  const told = server.events('$experiment_started').map(({ properties }) => properties);
  expect(told.map(({ distinct_id, variant }) => `${distinct_id} ${variant}`).toSorted()).toEqual(
    [...pairs].toSorted(),
  );
});

test('calls are of the size that is taken', async () => {
  const large = rows(1000).map((one) => ({ ...one, metadata: { text: 'x'.repeat(3000) } }));
  expect((await deliver(sink(), large)).later).toEqual([]);
  expect(server.events('llm_request')).toHaveLength(1000);
});

test('the guide tells every property', () => {
  const guide = readFileSync(join(import.meta.dir, '../../../docs/guides/mixpanel.md'), 'utf8');
  const told = [...guide.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map((match) => match.slice(1));
  expect(told).toEqual(EVENT_PROPERTIES.map(({ name, about }) => [name, about]));
});
