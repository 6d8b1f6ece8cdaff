// The router API over real HTTP: made, listed, changed, rolled back and removed; what is refused changes nothing.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const sim = startSim({ seed: 3 });
const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-routers-'));
const YAML = `
health: { enabled: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
`;
const FROM_FILE = `${YAML}
routers:
  - name: from-file
    defaultRoute: { variants: [{ weight: 100, variant: { modelId: alpha/echo } }] }
`;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(FROM_FILE, {}, { dataDir });
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

interface Sending {
  readonly at?: GatewayUnderTest;
  readonly key?: string;
  readonly headers?: { readonly [name: string]: string };
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  sending: Sending = {},
): Promise<Heard> {
  const { at = gateway, key = ADMIN_KEY, headers = {} } = sending;
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as JsonObject,
  };
}

const routers = (id = '', at?: GatewayUnderTest) =>
  send('GET', `/router/v1/routers${id}`, undefined, at ? { at } : {});

/** The router that an operation answers with. */
function routerOf({ status, body }: Heard): JsonObject {
  expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
  expect(body.done).toBe(true);
  return asObject(body.response) ?? {};
}

function errorOf({ body }: Heard): JsonObject {
  return asObject(body.error) ?? {};
}

const serving = (model_id: string, more: object = {}) => ({
  defaultRoute: { variants: [{ variant: { model_id, ...more }, weight: 100 }] },
});
const condition = (cel_expression: string) => ({
  condition: { cel_expression },
  route: serving('alpha/echo').defaultRoute,
});

test('a router from its making to its end', async () => {
  const made = await send('POST', '/router/v1/routers', { name: 'life', ...serving('alpha/echo') });
  const router = routerOf(made);
  expect(router).toEqual({
    name: 'routers/life',
    defaultRoute: {
      route_id: 'default',
      variants: [{ variant: { variant_id: 'echo', model_id: 'alpha/echo' }, weight: 100 }],
    },
    origin: 'api',
    version: 1,
    etag: 'v1',
    createTime: expect.any(String),
    updateTime: expect.any(String),
  });
  expect(made.headers.get('etag')).toBe('"v1"');
  for (const name of ['life', 'routers/life', 'routers%2Flife']) {
    const found = await routers(`/${name}`);
    expect(found.body).toEqual(router);
    expect(found.headers.get('etag')).toBe('"v1"');
  }
  const operation = String(made.body.name);
  for (const path of [
    operation,
    operation.replace('operations/', ''),
    encodeURIComponent(operation),
  ])
    expect((await send('GET', `/lro/v1alpha/${path}`)).body).toEqual(made.body);

  const removed = await send('DELETE', '/router/v1/routers/life');
  expect([removed.status, removed.body]).toEqual([200, {}]);
  const gone = await routers('/life');
  expect([gone.status, errorOf(gone).code]).toEqual([404, 'not_found']);
  expect((await send('DELETE', '/router/v1/routers/life')).status).toBe(404);
  const { versions } = (await routers('/life/versions')).body;
  expect(versions).toEqual([
    { version: 2, etag: 'v2', what: 'delete', by: 'admin', at: expect.any(String) },
    { version: 1, etag: 'v1', what: 'create', by: 'admin', at: expect.any(String) },
  ]);
  expect((await routers('/life/versions/1')).body.name).toBe('routers/life');
  expect((await routers('/never/versions')).status).toBe(404);
  // The operation was, all the same.
  expect((await send('GET', `/lro/v1alpha/${operation}`)).status).toBe(200);
  for (const none of ['operations/router.life.9', 'router.none.1', 'other'])
    expect((await send('GET', `/lro/v1alpha/${none}`)).status).toBe(404);
  // Under the same name again: no version is ever two things.
  expect(
    routerOf(await send('POST', '/router/v1/routers', { name: 'life', ...serving('alpha/x') }))
      .version,
  ).toBe(3);
});

describe('names', () => {
  test('are made where there are none, and never those of another', async () => {
    const body = { displayName: 'Größte Auswahl', ...serving('alpha/echo') };
    const names: unknown[] = [];
    for (let count = 0; count < 3; count += 1)
      names.push(routerOf(await send('POST', '/router/v1/routers', body)).name);
    expect(names).toEqual([
      'routers/gro-te-auswahl',
      'routers/gro-te-auswahl-2',
      'routers/gro-te-auswahl-3',
    ]);
    const nameless = routerOf(await send('POST', '/router/v1/routers', serving('alpha/echo')));
    expect(nameless.name).toMatch(/^routers\/router-[0-9a-f]{6}$/);
    const byDisplayName = await routers(`/${encodeURIComponent('Größte Auswahl')}`);
    expect(byDisplayName.body.name).toBe('routers/gro-te-auswahl');
  });

  test('other than its own find a router and change nothing', async () => {
    const found = (await routers('/gro-te-auswahl')).body;
    const name = encodeURIComponent('Größte Auswahl');
    const route_id = 'default';
    for (const [method, path, body] of [
      ['DELETE', name, undefined],
      ['PATCH', name, { displayName: 'x' }],
      ['POST', `${name}:rollback`, { version: 1 }],
      ['POST', `${name}:ramp`, { route_id, weights: { echo: 100 } }],
    ] as const) {
      const refused = await send(method, `/router/v1/routers/${path}`, body);
      expect([refused.status, errorOf(refused).code]).toEqual([404, 'not_found']);
      expect(errorOf(refused).message).toContain('"gro-te-auswahl"');
    }
    expect((await routers('/gro-te-auswahl')).body).toEqual(found);
    const messages = [{ role: 'user', content: 'x' }];
    for (const [verb, body] of [
      ['explain', { messages }],
      ['replay', {}],
    ] as const)
      expect((await send('POST', `/router/v1/routers/${name}:${verb}`, body)).status).toBe(200);
  });

  test('that are taken are refused', async () => {
    routerOf(await send('POST', '/router/v1/routers', { name: 'taken', ...serving('alpha/echo') }));
    for (const name of ['taken', 'routers/taken', 'from-file']) {
      const refused = await send('POST', '/router/v1/routers', { name, ...serving('alpha/other') });
      expect([refused.status, errorOf(refused).code, errorOf(refused).param]).toEqual([
        409,
        'already_exists',
        'name',
      ]);
    }
    expect((await routers('/taken')).body.version).toBe(1);
  });

  test('never change', async () => {
    const refused = await send('PATCH', '/router/v1/routers/taken', { name: 'other' });
    expect([refused.status, errorOf(refused).message]).toEqual([
      400,
      'name: never changes: it is "routers/taken"',
    ]);
  });
});

test('a list is cut in pages', async () => {
  const all = asArray((await routers()).body.routers).map((router) => asObject(router)?.name);
  expect(all.length).toBeGreaterThan(3);
  expect(all).toEqual([...all].sort());
  const seen: unknown[] = [];
  for (let token: Json | undefined = ''; token !== undefined; ) {
    const page: Heard = await routers(`?page_size=2&pageToken=${token}`);
    expect(asArray(page.body.routers).length).toBeLessThanOrEqual(2);
    seen.push(...asArray(page.body.routers).map((router) => asObject(router)?.name));
    token = page.body.nextPageToken;
  }
  expect(seen).toEqual(all);
  for (const query of ['?page_size=x', '?page_token=x'])
    expect((await routers(query)).status).toBe(400);
});

describe('a change', () => {
  const PATH = '/router/v1/routers/changing';

  test('is of the fields that are there, or of those the mask names', async () => {
    routerOf(
      await send('POST', '/router/v1/routers', {
        name: 'changing',
        displayName: 'A',
        ...serving('alpha/echo'),
      }),
    );
    expect(routerOf(await send('PATCH', PATH, { display_name: 'B' }))).toMatchObject({
      displayName: 'B',
      version: 2,
    });
    const templates = { message_templates: [{ role: 'system', content: 'Hi {{name}}' }] };
    const defaults = { ...templates, textGenerationConfig: { max_tokens: 9 } };
    expect(
      routerOf(
        await send('PATCH', `${PATH}?updateMask=defaults.messageTemplates,routes`, {
          defaults,
          displayName: 'C',
        }),
      ),
    ).toMatchObject({
      displayName: 'B',
      defaults: templates,
    });
    const cleared = routerOf(await send('PATCH', `${PATH}?update_mask=display_name,defaults`, {}));
    expect([cleared.displayName, cleared.defaults]).toEqual([undefined, undefined]);
    const unknown = await send('PATCH', `${PATH}?update_mask=displayNam`, { displayName: 'X' });
    expect([unknown.status, errorOf(unknown).param]).toEqual([400, 'update_mask']);
    expect((await routers('/changing')).body).toEqual(cleared);
  });

  test('is made only to what the caller saw', async () => {
    const { etag, version } = (await routers('/changing')).body;
    const current = Number(version);
    const good = [
      { etag, displayName: 'one' },
      { etag: `v${current + 1}`, displayName: 'two' },
    ];
    for (const body of good) routerOf(await send('PATCH', PATH, body));
    const stale: readonly [unknown, { readonly [name: string]: string }][] = [
      [{ etag, displayName: 'three' }, {}],
      [{ displayName: 'three' }, { 'if-match': `"${String(etag)}"` }],
      [{ etag: `v${current + 2}`, displayName: 'three' }, { 'if-match': '"v1"' }],
    ];
    for (const [body, headers] of stale) {
      const refused = await send('PATCH', PATH, body, { headers });
      expect([refused.status, errorOf(refused).code]).toEqual([412, 'version_conflict']);
      expect(errorOf(refused).message).toContain(`version ${current + 2}`);
    }
    expect((await send('DELETE', `${PATH}?etag=v1`)).status).toBe(412);
    expect((await routers('/changing')).body).toMatchObject({
      displayName: 'two',
      version: current + 2,
    });
    for (const ifMatch of ['*', `W/"v${current + 3}"`, `"v1", "v${current + 4}"`])
      expect((await send('PATCH', PATH, {}, { headers: { 'if-match': ifMatch } })).status).toBe(
        200,
      );
  });

  test('of other fields at the same moment holds too', async () => {
    const from = Number((await routers('/changing')).body.version);
    const commands = { code: 'alpha/echo' };
    const bodies = Array.from({ length: 10 }, (_, index) =>
      index % 2 ? { displayName: 'both' } : { commands },
    );
    for (const heard of await Promise.all(bodies.map((body) => send('PATCH', PATH, body))))
      routerOf(heard);
    expect((await routers('/changing')).body).toMatchObject({
      displayName: 'both',
      commands,
      version: from + 10,
    });
  });
});

test('a version that was can be again', async () => {
  routerOf(
    await send('POST', '/router/v1/routers', {
      name: 'back',
      displayName: 'first',
      ...serving('alpha/one'),
    }),
  );
  routerOf(
    await send('PATCH', '/router/v1/routers/back', {
      displayName: 'second',
      ...serving('alpha/two'),
    }),
  );
  const back = routerOf(await send('POST', '/router/v1/routers/back:rollback', { version: 1 }));
  expect(back).toMatchObject({
    displayName: 'first',
    version: 3,
    defaultRoute: { variants: [{ variant: { model_id: 'alpha/one' } }] },
  });
  const { versions } = (await routers('/back/versions')).body;
  expect(
    asArray(versions).map((one) => [
      asObject(one)?.version,
      asObject(one)?.what,
      asObject(one)?.by,
    ]),
  ).toEqual([
    [3, 'rollback', 'admin'],
    [2, 'patch', 'admin'],
    [1, 'create', 'admin'],
  ]);
  expect((await routers('/back/versions/2')).body).toMatchObject({
    displayName: 'second',
    etag: 'v2',
  });
  expect((await routers('/routers/back/versions/v1')).body).toMatchObject({
    displayName: 'first',
    version: 1,
  });
  for (const [path, body, status] of [
    ['/back:rollback', { version: 9 }, 404],
    ['/back:rollback', { version: 'x' }, 400],
    ['/back:rollback', { version: 1, etag: 'v1' }, 412],
    ['/none:rollback', { version: 1 }, 404],
    ['/back:rolback', { version: 1 }, 404],
    ['/back', { version: 1 }, 405],
  ] as const)
    expect([path, (await send('POST', `/router/v1/routers${path}`, body)).status]).toEqual([
      path,
      status,
    ]);
  expect((await routers('/back/versions/9')).status).toBe(404);
  expect((await routers('/back')).body.version).toBe(3);
});

describe('what is not good', () => {
  test('is refused with all that is wrong, and nothing is kept', async () => {
    const before = (await routers()).body;
    const refused = await send('POST', '/router/v1/routers', {
      name: 'bad',
      displayNam: 'x',
      routes: [
        {
          condition: { cel_expression: '' },
          route: { variants: [{ weight: 60, variant: { modelId: 'alpha/echo' } }] },
        },
      ],
    });
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual({
      error: {
        type: 'invalid_request_error',
        code: 'invalid_request',
        param: 'displayNam',
        message:
          'displayNam: is not a field here. Did you mean "displayName"? (and 2 more problems)',
        details: [
          { path: 'displayNam', message: 'is not a field here. Did you mean "displayName"?' },
          { path: 'routes[0].condition.cel_expression', message: 'must not be empty' },
          {
            path: 'routes[0].route.variants',
            message: 'the weights sum to 60; they must sum to exactly 100',
          },
        ],
      },
    });
    expect((await routers()).body).toEqual(before);
  });

  test('is a condition that is none, with its place', async () => {
    const refused = await send('POST', '/router/v1/routers', {
      name: 'bad',
      routes: [condition('true'), condition('plan ==')],
    });
    expect([refused.status, errorOf(refused).param]).toEqual([
      400,
      'routes[1].condition.cel_expression',
    ]);
    expect(errorOf(refused).message).toMatch(
      /^routes\[1\]\.condition\.cel_expression: line 1, column \d+/,
    );
    routerOf(
      await send('POST', '/router/v1/routers', { name: 'was-good', routes: [condition('true')] }),
    );
    expect(
      (await send('PATCH', '/router/v1/routers/was-good', { routes: [condition('(')] })).status,
    ).toBe(400);
    expect((await routers('/was-good')).body.version).toBe(1);
  });

  test.each([
    ['{"name": "x",}', 'The request body must be a JSON object (it breaks at line 1, column 14).'],
    ['[]', 'The request body must be a JSON object.'],
    ['', 'The request body must be a JSON object (it breaks at line 1, column 1).'],
  ])('is a body like %p', async (text, message) => {
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', '/back'],
    ] as const) {
      const refused = await send(method, `/router/v1/routers${path}`, text);
      expect([refused.status, errorOf(refused).message]).toEqual([400, message]);
    }
  });
});

describe('a body that somebody broke', () => {
  const good = JSON.stringify({
    name: 'broken',
    displayName: 'Broken',
    defaults: {
      message_templates: [{ role: 'system', content: 'Hi {{name}}' }],
      cache: { mode: 'exact', ttl: '1h' },
    },
    routes: [condition('plan == "free" && messages.last().content.matches("(?i)refund")')],
    ...serving('auto', {
      model_selection: { sort: ['price', { metric: 'SORT_METRIC_MATH' }] },
      web_search: { max_results: 3 },
    }),
    commands: { code: 'alpha/echo' },
  });

  test('is taken or refused with words, whatever it has become', async () => {
    const pieces = fc.constantFrom(
      '',
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '1e999',
      'null',
      '{{',
      '((((',
      '\\',
      '\u0000',
      '.*.*.*',
      '"x":1,',
    );
    const cut = fc.tuple(fc.nat(good.length), fc.nat(40), pieces);
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(cut, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (cuts, change) => {
          const text = cuts.reduce(
            (now, [at, length, piece]) => now.slice(0, at) + piece + now.slice(at + length),
            good,
          );
          const heard = await send(
            change ? 'PATCH' : 'POST',
            `/router/v1/routers${change ? '/taken' : ''}`,
            text,
          );
          statuses.add(heard.status);
          if (heard.status === 200) return;
          expect([400, 409]).toContain(heard.status);
          expect(errorOf(heard).message).toMatch(/\S/);
          expect(errorOf(heard).code).not.toBe('internal');
        },
      ),
      { numRuns: 300 },
    );
    expect(statuses.has(400)).toBe(true);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe('a router of the configuration file', () => {
  test('is shown, and changed in its file only', async () => {
    const shown = await routers('/from-file');
    expect(shown.body).toEqual({
      name: 'routers/from-file',
      defaultRoute: {
        route_id: 'default',
        variants: [{ variant: { variant_id: 'echo', model_id: 'alpha/echo' }, weight: 100 }],
      },
      origin: 'config',
    });
    expect(asArray((await routers()).body.routers)).toContainEqual(shown.body);
    for (const [method, path] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', ':rollback'],
    ] as const) {
      const refused = await send(method, `/router/v1/routers/from-file${path}`, { version: 1 });
      expect([refused.status, errorOf(refused).code]).toEqual([409, 'read_only']);
      expect(errorOf(refused).message).toContain('change it there');
    }
    expect((await routers('/from-file/versions')).body).toEqual({ versions: [] });
  });

  test('stands before one of the API that has its name', async () => {
    const own = mkdtempSync(join(tmpdir(), 'switchyard-routers-'));
    const first = await startGateway(YAML, {}, { dataDir: own });
    routerOf(
      await send(
        'POST',
        '/router/v1/routers',
        { name: 'from-file', displayName: 'api', ...serving('alpha/x') },
        { at: first },
      ),
    );
    await first.stop();
    const second = await startGateway(FROM_FILE, {}, { dataDir: own });
    const listed = asArray((await routers('', second)).body.routers).map((one) => [
      asObject(one)?.origin,
      asObject(one)?.shadowed,
    ]);
    expect(listed).toEqual([
      ['config', undefined],
      ['api', true],
    ]);
    expect((await routers('/from-file', second)).body.origin).toBe('config');
    expect(second.gateway.snapshot().notices.join()).toContain('two routers "from-file"');
    await second.stop();
    rmSync(own, { recursive: true, force: true });
  });
});

test('who may not', async () => {
  const made = await send('POST', '/router/v1/keys', { name: 'plain' });
  const key = String(made.body.key);
  const before = (await routers()).body;
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['GET', '/back'],
    ['PATCH', '/back'],
    ['DELETE', '/back'],
    ['GET', '/back/versions'],
    ['POST', '/back:rollback'],
  ] as const) {
    const body = method === 'GET' ? undefined : { name: 'x', ...serving('alpha/echo') };
    const [inference, wrong] = [
      await send(method, `/router/v1/routers${path}`, body, { key }),
      await send(method, `/router/v1/routers${path}`, body, { key: 'wrong' }),
    ];
    expect([inference.status, errorOf(inference).code, wrong.status]).toEqual([
      403,
      'forbidden',
      401,
    ]);
  }
  expect(
    (await send('GET', '/lro/v1alpha/operations/router.back.1', undefined, { key })).status,
  ).toBe(403);
  expect((await routers()).body).toEqual(before);
});

test('routers outlive the process, and another process sees them', async () => {
  const before = (await routers()).body;
  const other = await startGateway(FROM_FILE, {}, { dataDir });
  expect((await routers('', other)).body).toEqual(before);
  routerOf(await send('POST', '/router/v1/routers', { name: 'seen', ...serving('alpha/echo') }));
  const served = () =>
    other.gateway.snapshot().routers.get('seen')?.defaultRoute?.variants[0]?.variant.model;
  await until(() => served() === 'alpha/echo', 2000);
  const patch = {
    defaultRoute: { variants: [{ variant: { model_id: 'alpha/after' }, weight: 100 }] },
  };
  routerOf(await send('PATCH', '/router/v1/routers/seen', patch, { at: other }));
  await until(
    () =>
      gateway.gateway.snapshot().routers.get('seen')?.defaultRoute?.variants[0]?.variant.model ===
      'alpha/after',
    2000,
  );
  await other.stop();
  await gateway.stop();
  gateway = await startGateway(FROM_FILE, {}, { dataDir });
  expect((await routers('/seen')).body).toMatchObject({
    version: 2,
    ...{ defaultRoute: { variants: [{ variant: { model_id: 'alpha/after' } }] } },
  });
  expect((await send('GET', '/lro/v1alpha/operations/router.seen.1')).body).toMatchObject({
    done: true,
    response: { version: 1 },
  });
});

test('a router serves from the moment it is saved, by each of its names', async () => {
  routerOf(
    await send('POST', '/router/v1/routers', {
      displayName: 'Serves Now',
      ...serving('alpha/first'),
    }),
  );
  const ask = async (model: string) => {
    sim.clear();
    const heard = await send('POST', '/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect([heard.status, heard.body.error]).toEqual([200, undefined]);
    return sim.requests.map(({ body }) => (JSON.parse(body) as { model: string }).model);
  };
  expect(await ask('router/serves-now')).toEqual(['first']);
  expect(await ask('inworld/serves-now')).toEqual(['first']);
  routerOf(await send('PATCH', '/router/v1/routers/serves-now', serving('alpha/second')));
  expect(await ask('router/serves-now')).toEqual(['second']);
  await send('DELETE', '/router/v1/routers/serves-now');
  const gone = await send('POST', '/v1/chat/completions', {
    model: 'router/serves-now',
    messages: [{ role: 'user', content: 'x' }],
  });
  expect([gone.status, errorOf(gone).code]).toEqual([404, 'model_not_found']);
});
