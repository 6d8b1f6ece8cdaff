// What callers, keys and routers say of the cache, in bodies and headers; and what it says of itself.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  type Answer,
  bodyOf,
  by,
  CountedCache,
  question,
  WIRES,
  type Wire,
} from './counted-cache.ts';
import { ADMIN_KEY, type GatewayUnderTest } from './gateway-under-test.ts';

const providers = new CountedCache();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await providers.gateway('{ mode: exact }');
});
afterAll(() => providers.stop());

const ask = (wire: Wire, body: JsonObject | string, headers?: { [name: string]: string }) =>
  providers.ask(gateway, wire, body, headers);
const counts = (wire: Wire, asks: Parameters<CountedCache['counts']>[2]) =>
  providers.counts(gateway, wire, asks);

const cacheOf = ({ headers }: Answer) => headers.get('x-switchyard-cache');

describe('what is said of the cache', () => {
  test('off: nothing is given and nothing kept, in the body and in the header', async () => {
    const text = question();
    const plain = bodyOf('chat', text);
    const off = bodyOf('chat', text, { cache: { mode: 'off' } });
    const header = { 'x-switchyard-cache': 'off' };
    const seen = await counts('chat', [[off], [plain, header], [plain], [off], [plain, header]]);
    expect(seen).toEqual([1, 1, 1, 1, 1]);
    // The body's word counts.
    const exact = bodyOf('chat', text, { cache: { mode: 'exact' } });
    expect(await counts('chat', [[exact, header]])).toEqual([0]);
  });

  test('a router’s word, and a request’s over it', async () => {
    const text = question();
    const quiet = { ...bodyOf('chat', text), model: 'router/quiet' };
    const asks = { ...quiet, cache: { mode: 'exact' } };
    expect(await counts('chat', [[quiet], [quiet], [asks], [asks]])).toEqual([1, 1, 1, 0]);
    const long = { ...bodyOf('chat', text), model: 'router/long' };
    expect(await counts('chat', [[long]])).toEqual([1]);
    providers.now += 30 * 60_000;
    // Its time and its namespace are the router's.
    expect(await counts('chat', [[long], [bodyOf('chat', text)]])).toEqual([0, 1]);
  });

  test('a key’s word, and a request’s over it, as soon as it is changed', async () => {
    const { id, key } = await providers.newKey(gateway, { cache: { mode: 'off' } });
    const body = bodyOf('chat', question());
    const asks = { ...body, cache: { mode: 'exact' } };
    const own = by(key);
    expect(
      await counts('chat', [
        [body, own],
        [body, own],
        [asks, own],
        [asks, own],
      ]),
    ).toEqual([1, 1, 1, 0]);
    const changed = await fetch(`${gateway.url}/router/v1/keys/${id}`, {
      method: 'PATCH',
      headers: { ...by(ADMIN_KEY), 'content-type': 'application/json' },
      body: JSON.stringify({ cache: { ttl: '2h' } }),
    });
    expect(await changed.json()).toMatchObject({ cache: { ttl: 7200 } });
    const long = bodyOf('chat', question());
    expect(await counts('chat', [[long, own]])).toEqual([1]);
    providers.now += 60 * 60_000;
    expect(await counts('chat', [[long, own]])).toEqual([0]);
  });

  test('Cache-Control: no-store, no-cache, max-age', async () => {
    const body = bodyOf('chat', question());
    const control = (value: string) => ({ 'cache-control': value });
    expect(await counts('chat', [[body, control('no-store')], [body]])).toEqual([1, 1]);
    providers.now += 10_000;
    const young = control('max-age=5');
    const old = control('max-age=20');
    expect(
      await counts('chat', [
        [body, old],
        [body, young],
        [body, young],
      ]),
    ).toEqual([0, 1, 0]);
    // Whoever wants a new one leaves it to the others.
    providers.now += 50_000;
    expect(await counts('chat', [[body, control('no-cache')]])).toEqual([1]);
    providers.now += 50_000;
    expect(await counts('chat', [[body], [body, { pragma: 'no-cache' }]])).toEqual([0, 1]);
  });

  test.each(WIRES)('%s: only-if-cached asks nobody, and says so', async (wire) => {
    const body = bodyOf(wire, question());
    const only = { 'cache-control': 'only-if-cached' };
    const refused = await ask(wire, body, only);
    expect([refused.status, refused.asked]).toEqual([504, 0]);
    expect(JSON.stringify(refused.body)).toContain('cache_miss');
    await ask(wire, body);
    expect(await ask(wire, body, only)).toMatchObject({ status: 200, asked: 0 });
    const off = await ask(wire, { ...body, cache: { mode: 'off' } }, only);
    expect([off.status, off.asked]).toEqual([504, 0]);
  });

  test('the header takes what the field takes', async () => {
    const text = question();
    const header = { 'x-switchyard-cache': 'exact; ttl=2h; namespace=x' };
    expect(await counts('chat', [[bodyOf('chat', text), header]])).toEqual([1]);
    providers.now += 60 * 60_000;
    const field = bodyOf('chat', text, { cache: { namespace: 'x' } });
    expect(await counts('chat', [[field], [bodyOf('chat', text)]])).toEqual([0, 1]);
    const broken = await ask('chat', field, { 'x-switchyard-cache': 'exact; ttl=soon' });
    expect([broken.status, broken.asked]).toEqual([400, 0]);
    expect(JSON.stringify(broken.body)).toContain('x-switchyard-cache ttl must be a time');
  });

  test.each([
    [{ ttl: 'soon' }, 'cache.ttl'],
    [{ ttl: '31d' }, 'cache.ttl'],
    [{ ttl: 0 }, 'cache.ttl'],
    [{ mode: 'sometimes' }, 'cache.mode'],
    [{ threshold: 2 }, 'cache.threshold'],
    [{ namespace: '' }, 'cache.namespace'],
  ])('%j is refused by its name', async (cache, param) => {
    const refused = await ask('chat', bodyOf('chat', question(), { cache }));
    expect(refused).toMatchObject({ status: 400, asked: 0, body: { error: { param } } });
  });

  test('replies say how they came about, and how old they are', async () => {
    const body = bodyOf('chat', question());
    const first = await ask('chat', body);
    expect([cacheOf(first), first.headers.get('age')]).toEqual(['miss', null]);
    providers.now += 2500;
    const second = await ask('chat', body);
    expect([cacheOf(second), second.headers.get('age')]).toEqual(['exact', '2']);
    const off = await ask('chat', { ...body, cache: { mode: 'off' } });
    expect([cacheOf(off), off.headers.get('age')]).toEqual([null, null]);
  });
});

describe('what depends on more than it says', () => {
  const search = { web_search_options: {} };

  test('is asked anew, but where the cache was asked for by name', async () => {
    const body = bodyOf('chat', question(), search);
    expect(await counts('chat', [[body], [body]])).toEqual([1, 1]);
    const named = { 'x-switchyard-cache': 'exact' };
    expect(await counts('chat', [[body, named], [body, named], [body]])).toEqual([1, 0, 1]);
    const { key } = await providers.newKey(gateway, { cache: { mode: 'exact' } });
    expect(
      await counts('chat', [
        [body, by(key)],
        [body, by(key)],
      ]),
    ).toEqual([1, 0]);
  });

  test('and what does something is never anybody’s', async () => {
    const mcp = { tools: [{ type: 'mcp', server_label: 's', server_url: 'https://mcp.test' }] };
    const body = bodyOf('responses', question(), { ...mcp, cache: { mode: 'exact' } });
    expect(await counts('responses', [[body], [body]])).toEqual([1, 1]);
  });
});
