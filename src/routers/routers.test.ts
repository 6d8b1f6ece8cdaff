// Routers of the configuration and of the API together: which of them serve, what is told of the others, who may change them.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfiguredRouter } from '../config/configured-routers.ts';
import { readRouter } from '../config/router-schema.ts';
import { GATEWAY_ACTOR } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import type { Router } from '../core/router.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { openRouterStore, type RouterStore } from './router-store.ts';
import { Routers } from './routers.ts';

let dir: string;
let sqlite: Store;
let store: RouterStore;
let configured: ConfiguredRouter[];
let routers: Routers;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-routers-'));
  sqlite = openStore({ dataDir: dir });
  store = openRouterStore(sqlite);
  configured = [];
  routers = new Routers({
    store,
    configured: () => configured,
    check: ({ routes }) =>
      routes.flatMap(({ condition }, index) =>
        condition === 'bad'
          ? [{ path: ['routes', index, 'condition', 'cel_expression'], message: 'is bad' }]
          : [],
      ),
    randomHex: (digits) => 'abcdef0123'.slice(0, digits),
  });
});
afterEach(() => {
  store.close();
  sqlite.close();
  rmSync(dir, { recursive: true, force: true });
});

const ASKING = { by: { via: 'api', id: 'key_a' } } as const;
const route = { variants: [{ variant: { model_id: 'a/b' }, weight: 100 }] };
const body = (name: string, more: object = {}) => ({ name, defaultRoute: route, ...more });
const conditional = (cel_expression: string) => ({ condition: { cel_expression }, route });

function fromFile(name: string): ConfiguredRouter {
  const reading = readRouter(body(name));
  if (!reading.ok) throw new Error('it is good');
  return { ...reading.router, resource: reading.resource };
}

async function refused(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GatewayError) return error;
  throw new Error('it was done');
}

describe('those that serve', () => {
  test('are all that are good and whose name is their own', async () => {
    await routers.create(body('good'), ASKING);
    await routers.create(body('both'), ASKING);
    await store.edit((writes) => {
      const change = { what: 'create', by: GATEWAY_ACTOR } as const;
      writes.put('broken', { name: 'routers/broken', defaultRoute: { variants: [] } }, change);
      writes.put('unsound', { ...body('unsound'), routes: [conditional('bad')] }, change);
      writes.put('empty', {}, change);
    });
    configured = [fromFile('both')];
    const { routers: serving, notices } = routers.usable();
    expect(serving.map(({ id }) => id)).toEqual(['good']);
    expect(notices).toEqual([
      expect.stringContaining('two routers "both": the one in the configuration file serves'),
      'The router "broken" is left out: defaultRoute.variants: must be at least one variant. PATCH /router/v1/routers/broken mends it.',
      expect.stringContaining('The router "empty" is left out: The router has neither routes'),
      'The router "unsound" is left out: routes[0].condition.cel_expression: is bad. PATCH /router/v1/routers/unsound mends it.',
    ]);
    await routers.patch('broken', { defaultRoute: route }, null, ASKING);
    await routers.patch('unsound', { routes: [] }, null, ASKING);
    const after = routers.usable().routers;
    expect(after.map(({ id }) => id)).toEqual(['broken', 'good', 'unsound']);
    // What did not change is the same thing still.
    expect(after[1]).toBe(serving[0] as Router);
    await routers.patch('good', { displayName: 'x' }, null, ASKING);
    expect(routers.usable().routers[0]).toBe(after[0] as Router);
    expect(routers.usable().routers[1]?.displayName).toBe('x');
  });
});

test('those that serve are told of without the database', async () => {
  await routers.create(body('here'), ASKING);
  sqlite.close();
  expect(() => store.list()).toThrow();
  expect(routers.usable().routers.map(({ id }) => id)).toEqual(['here']);
});

describe('a name', () => {
  test('that is not exact finds a router and changes none', async () => {
    await routers.create(body('a'), ASKING);
    for (const name of ['A!', 'routers/A!', 'a ', 'A']) {
      expect(routers.get(name).id).toBe('a');
      expect(routers.idOf(name)).toBe('a');
      expect(routers.versions(name)).toHaveLength(1);
      for (const work of [
        () => routers.remove(name, ASKING),
        () => routers.patch(name, { displayName: 'x' }, null, ASKING),
        () => routers.rollback(name, 1, ASKING),
        () => routers.change(name, 'ramp', ASKING, (resource) => resource),
      ]) {
        const error = await refused(work());
        expect([error.code, error.message]).toEqual([
          'not_found',
          `There is no router "${name.replace('routers/', '')}". To change "a", name it so.`,
        ]);
      }
    }
    expect(store.versions('a')).toHaveLength(1);
    await routers.remove('routers/a', ASKING);
    expect(store.list()).toEqual([]);
  });

  test('of a router that was removed still has its versions', async () => {
    await routers.create(body('gone', { displayName: 'First' }), ASKING);
    await routers.remove('gone', ASKING);
    expect(routers.versions('gone').map(({ what }) => what)).toEqual(['delete', 'create']);
    expect(routers.version('gone', 1).resource.displayName).toBe('First');
    expect(() => routers.version('gone', 2)).toThrow('has no version 2');
    expect(() => routers.get('gone')).toThrow('There is no router "gone"');
    for (const work of [() => routers.versions('never'), () => routers.version('never', 1)])
      expect(work).toThrow('There is no router "never"');
    configured = [fromFile('of-file')];
    expect(routers.versions('of-file')).toEqual([]);
    expect(() => routers.version('of-file', 1)).toThrow('has no version 1');
  });
});

describe('a change', () => {
  test('that does not pass the check is not kept', async () => {
    const bad = [conditional('true'), conditional('bad')];
    const made = await refused(routers.create(body('r', { routes: bad }), ASKING));
    expect(made.message).toBe('routes[1].condition.cel_expression: is bad');
    expect(made.details).toMatchObject({
      param: 'routes[1].condition.cel_expression',
      problems: [{ path: 'routes[1].condition.cel_expression', message: 'is bad' }],
    });
    expect(store.list()).toEqual([]);
    await routers.create(body('r'), ASKING);
    for (const mask of [null, '*'])
      await refused(routers.patch('r', { defaultRoute: route, routes: bad }, mask, ASKING));
    expect(store.versions('r')).toHaveLength(1);
  });

  test('may be of any making, and is written down with who did it', async () => {
    await routers.create(body('r'), ASKING);
    const shifted = await routers.change(
      'routers/r',
      'ramp',
      { by: { via: 'api', id: 'key_b' }, etags: ['"v1"'] },
      (resource) => ({
        ...resource,
        displayName: 'shifted',
      }),
    );
    expect(shifted).toMatchObject({ id: 'r', version: 2, resource: { displayName: 'shifted' } });
    expect(routers.versions('r')[0]).toMatchObject({ what: 'ramp', by: 'key_b', version: 2 });
    const error = await refused(
      routers.change('r', 'ramp', { by: GATEWAY_ACTOR }, () => ({ name: 'other' })),
    );
    expect(error.message).toStartWith('name: never changes');
  });

  test('of a router of the file is refused, also where the API has one of that name', async () => {
    await routers.create(body('r'), ASKING);
    configured = [fromFile('r')];
    expect((await refused(routers.patch('r', {}, null, ASKING))).code).toBe('read_only');
    expect((await refused(routers.remove('r', ASKING))).code).toBe('read_only');
    expect(routers.list().map(({ origin }) => origin)).toEqual(['config', 'api']);
    configured = [];
    await routers.remove('r', ASKING);
    expect(routers.list()).toEqual([]);
  });
});

describe('a new name', () => {
  test('is free among both, also when many ask at once', async () => {
    configured = [fromFile('my-router')];
    const made = await Promise.all(
      Array.from({ length: 5 }, () =>
        routers.create({ displayName: 'My Router', defaultRoute: route }, ASKING),
      ),
    );
    expect(made.map(({ id }) => id).sort()).toEqual(
      [2, 3, 4, 5, 6].map((count) => `my-router-${count}`),
    );
    const nameless = () => routers.create({ displayName: '日本', defaultRoute: route }, ASKING);
    expect([(await nameless()).id, (await nameless()).id]).toEqual([
      'router-abcdef',
      'router-abcdef-2',
    ]);
  });

  test('of 63 letters leaves room for its count', async () => {
    const displayName = 'x'.repeat(80);
    const make = () => routers.create({ displayName, defaultRoute: route }, ASKING);
    expect((await make()).id).toBe('x'.repeat(63));
    expect((await make()).id).toBe(`${'x'.repeat(61)}-2`);
  });
});
