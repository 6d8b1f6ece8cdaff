// Our own fields, from the body's top level, from a literal extra_body and from headers: which model answers, and who is said to have asked.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { type Caused, metadataIn, openWorld, WAYS, type World } from './four-ways.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    providers: ({ alpha, beta }) => [
      `one: { dialect: openai-chat, base_url: "${alpha}", api_key: k1, models: [shared, org/deep-model] }`,
      `two: { dialect: anthropic-messages, base_url: "${beta}", api_key: k2, models: [shared] }`,
      `mistral: { base_url: "${alpha}", api_key: k4 }`,
      `three: { dialect: openai-chat, base_url: "${alpha}", api_key: k3, models: [shared] }`,
    ],
    models: [
      '{ id: one/shared, price: { input: 2, output: 2 } }',
      '{ id: two/shared, price: { input: 1, output: 1 } }',
      '{ id: mistral/mistral-large-2411, price: { input: 9, output: 9 } }',
      '{ id: one/mistral-large-2411, price: { input: 1, output: 1 } }',
      '{ id: three/shared, price: { input: 3, output: 3 } }',
    ],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

interface Caller {
  readonly name: string;
  readonly path: string;
  readonly base: JsonObject;
}
const messages = [{ role: 'user', content: 'Hello' }];
const CALLERS: readonly Caller[] = [
  { name: 'chat completions', path: '/v1/chat/completions', base: { messages } },
  { name: 'messages', path: '/v1/messages', base: { max_tokens: 100, messages } },
];

/** The same fields, each way they may be sent. */
const PLACES: readonly (readonly [string, (fields: JsonObject) => JsonObject])[] = [
  ['at the top level', (fields) => fields],
  ['in extra_body', (fields) => ({ extra_body: fields })],
  [
    'in extra_body, which wins',
    (fields) => ({ models: ['nowhere/x'], ignore: ['nowhere'], extra_body: fields }),
  ],
];

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

function post(
  caller: Caller,
  body: JsonObject,
  headers: { readonly [name: string]: string } = {},
): Promise<Caused<Answer>> {
  return world.watch(async () => {
    const response = await world.gateway.post(caller.path, { ...caller.base, ...body }, headers);
    return { status: response.status, body: (await response.json()) as JsonObject };
  });
}

/** What was tried, in order: model and how it went. */
function trail({ result, rows }: Caused<Answer>): readonly string[] {
  const attempts = metadataIn(result.body).attempts.map(
    ({ model, success, error }) => `${model} ${success ? 'ok' : error}`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.attempts.map(({ model, error }) => `${model} ${error ?? 'ok'}`)).toEqual(
    attempts,
  );
  return attempts;
}

for (const caller of CALLERS) {
  describe(caller.name, () => {
    describe.each(PLACES)('%s', (_, place) => {
      test('models: the next is asked when the one before fails, whatever its wire', async () => {
        const caused = await post(caller, {
          model: 'alpha/echo+status=503',
          ...place({ models: ['beta/echo+status=529', 'alpha/echo', 'beta/echo'] }),
        });
        expect(caused.result.status).toBe(200);
        expect(trail(caused)).toEqual([
          `alpha/echo+status=503 upstream_overloaded`,
          'beta/echo+status=529 upstream_overloaded',
          'alpha/echo ok',
        ]);
        expect(caused.got.map(({ wire, body }) => `${wire} ${body.model}`)).toEqual([
          'alpha echo+status=503',
          'beta echo+status=529',
          'alpha echo',
        ]);
      });

      test.each([
        ['a model', 'alpha/one'],
        ['a bare model', 'one'],
        ['a provider', 'alpha'],
      ])('ignore: %s', async (_name, ignored) => {
        const caused = await post(caller, {
          model: 'alpha/one',
          ...place({ models: ['beta/two'], ignore: [ignored] }),
        });
        expect(trail(caused)).toEqual(['beta/two ok']);
        expect(caused.got.map(({ wire }) => wire)).toEqual(['beta']);
        expect(metadataIn(caused.result.body).reasoning).toContain('ignored alpha/one');
      });

      test.each([
        [
          ['two', 'one'],
          ['two/shared', 'one/shared', 'three/shared'],
        ],
        [['three'], ['three/shared', 'two/shared', 'one/shared']],
        [
          ['unheard-of', 'two'],
          ['two/shared', 'one/shared', 'three/shared'],
        ],
      ])('provider.order %j for a bare model', async (order, expected) => {
        const all = await planOf(caller, place({ provider: { order } }));
        expect(all).toEqual(expected);
      });

      test('provider.order without fallbacks', async () => {
        const only = await planOf(
          caller,
          place({ provider: { order: ['two'], allow_fallbacks: false } }),
        );
        expect(only).toEqual(['two/shared']);
      });

      test('sort by price; without it the maker of a model comes first', async () => {
        const maker = 'mistral/mistral-large-2411';
        const cheap = 'one/mistral-large-2411';
        const first = await post(caller, { model: 'mistral-large-2411', ...place({ ignore: [] }) });
        expect(trail(first)).toEqual([`${maker} ok`]);
        const sorted = await post(caller, {
          model: 'mistral-large-2411',
          ...place({ sort: ['price'], ignore: [] }),
        });
        expect(trail(sorted)).toEqual([`${cheap} ok`]);
      });

      test("a provider's other names mean it too", async () => {
        const model = 'mistral-large-2411';
        const ignored = await post(caller, { model, ...place({ ignore: ['mistralai'] }) });
        expect(trail(ignored)).toEqual([`one/${model} ok`]);
        const one = await post(caller, { model, ...place({ ignore: [`mistralai/${model}`] }) });
        expect(trail(one)).toEqual([`one/${model} ok`]);
        const order = ['one', 'mistralai'];
        const only = { order: ['mistralai'], allow_fallbacks: false };
        const ordered = await post(caller, { model, ...place({ provider: { order } }) });
        expect(trail(ordered)).toEqual([`one/${model} ok`]);
        const limited = await post(caller, {
          model,
          ...place({ provider: only, ignore: ['one'] }),
        });
        expect(trail(limited)).toEqual([`mistral/${model} ok`]);
      });
    });

    test('a bare model that ends a longer name', async () => {
      const caused = await post(caller, { model: 'deep-model' });
      expect(trail(caused)).toEqual(['one/org/deep-model ok']);
      expect(caused.got.map(({ body }) => body.model)).toEqual(['org/deep-model']);
    });

    test('a model is split at its first slash only', async () => {
      const caused = await post(caller, { model: 'alpha/org/some/model' });
      expect(trail(caused)).toEqual(['alpha/org/some/model ok']);
      expect(caused.got.map(({ body }) => body.model)).toEqual(['org/some/model']);
    });

    test('names in models that lead nowhere are left out and said so', async () => {
      const caused = await post(caller, {
        model: 'nowhere/x',
        models: ['also-nowhere', 'alpha/echo'],
      });
      expect(trail(caused)).toEqual(['alpha/echo ok']);
      expect(metadataIn(caused.result.body).reasoning).toBe(
        `Using specified model: 'alpha/echo' (left out "nowhere/x" (unknown_provider); left out "also-nowhere" (model_not_found)) - success.`,
      );
    });

    test.each([
      [{ ignore: ['alpha'] }, 404, 'model_not_found', '"ignore" and "provider" leave no candidate'],
      [{ models: 'beta/echo' }, 400, 'invalid_request', 'models'],
      [{ models: ['a', 7] }, 400, 'invalid_request', 'models[1]'],
      [{ ignore: { a: 1 } }, 400, 'invalid_request', 'ignore'],
      [{ provider: { order: 'x' } }, 400, 'invalid_request', 'provider.order'],
      [{ fallback: { ttft_timeout: 'soon' } }, 400, 'invalid_request', 'fallback.ttft_timeout'],
      [{ fallback: { ttft_timeout: '10ms' } }, 400, 'invalid_request', 'fallback.ttft_timeout'],
      [{ fallback: { mode: 'sprint' } }, 400, 'invalid_request', 'fallback.mode'],
      [{ reasoning: { effort: 'huge' } }, 400, 'invalid_request', 'reasoning.effort'],
      [{ metadata: 'gold' }, 400, 'invalid_request', 'metadata'],
      [{ strict: 'yes' }, 400, 'invalid_request', 'strict'],
      [{ extra_body: 'x' }, 400, 'invalid_request', 'extra_body'],
      [{ extra_body: { models: 7 } }, 400, 'invalid_request', 'models'],
    ])('%j is refused before anybody is asked', async (fields, status, code, says) => {
      const caused = await post(caller, { model: 'alpha/echo', ...fields });
      const error = caused.result.body.error as JsonObject;
      expect(caused.result.status).toBe(status);
      expect(error.code).toBe(code);
      expect(error.message).toContain(says);
      expect(caused.got).toEqual([]);
      expect(caused.rows.map((row) => [row.outcome, row.status, row.error?.code])).toEqual([
        ['error', status, code],
      ]);
    });

    test('a field of ours that is null is one that is not there', async () => {
      const nothing = {
        models: null,
        ignore: null,
        provider: null,
        fallback: null,
        cache: null,
        reasoning: null,
        strict: null,
        extra_body: null,
      };
      const caused = await post(caller, { model: 'alpha/echo', ...nothing });
      expect(trail(caused)).toEqual(['alpha/echo ok']);
      expect(Object.keys(caused.got[0]?.body ?? {}).filter((name) => name in nothing)).toEqual([]);
    });

    describe('who asked', () => {
      const named = (user: string) =>
        caller.base.max_tokens === undefined ? { user } : { metadata: { user_id: user } };

      test.each(WAYS.filter(({ stream }) => !stream).map((way) => [way.wire] as const))(
        'from the body, and to the provider in its own words: %s',
        async (wire) => {
          const caused = await post(caller, { model: `${wire}/echo`, ...named('ann') });
          expect(caused.rows.map(({ user }) => user)).toEqual(['ann']);
          expect(caused.got[0]?.body).toMatchObject(
            wire === 'alpha' ? { user: 'ann' } : { metadata: { user_id: 'ann' } },
          );
        },
      );

      test('from a header, for clients whose body cannot be changed', async () => {
        const caused = await post(caller, { model: 'alpha/echo' }, { 'x-switchyard-user': 'bob' });
        expect(caused.rows.map(({ user }) => user)).toEqual(['bob']);
      });

      test('nobody said so', async () => {
        const caused = await post(caller, { model: 'alpha/echo' });
        expect(caused.rows.map(({ user, metadata }) => [user, metadata])).toEqual([[null, null]]);
      });
    });

    describe('metadata of a request', () => {
      const TYPED = {
        tier: 'gold',
        score: 7.5,
        beta: true,
        tags: ['a', 'b'],
        nested: { deep: null },
      };

      test('is kept with its types', async () => {
        const caused = await post(caller, { model: 'alpha/echo', metadata: TYPED });
        expect(caused.rows.map(({ metadata }) => metadata)).toEqual([TYPED]);
        expect(caused.got[0]?.body.metadata).toBeUndefined();
      });

      test('from a header; the body wins where both say something', async () => {
        const header = { 'x-switchyard-metadata': '{"tier":"silver","from":"header","n":1}' };
        const caused = await post(
          caller,
          { model: 'beta/echo', metadata: { tier: 'gold' } },
          header,
        );
        expect(caused.rows.map(({ metadata }) => metadata)).toEqual([
          { tier: 'gold', from: 'header', n: 1 },
        ]);
        expect(JSON.stringify(caused.got[0]?.body)).not.toContain('silver');
      });

      test.each(['not json', '[1]', '"text"'])(
        'a header that is no object is refused: %s',
        async (value) => {
          const caused = await post(
            caller,
            { model: 'alpha/echo' },
            { 'x-switchyard-metadata': value },
          );
          expect(caused.result.status).toBe(400);
          expect((caused.result.body.error as JsonObject).message).toContain(
            'x-switchyard-metadata',
          );
          expect(caused.got).toEqual([]);
          expect(caused.rows).toHaveLength(1);
        },
      );
    });
  });
}

/** Every candidate for the model several providers serve: each but the last is made to fail. */
async function planOf(caller: Caller, options: JsonObject): Promise<readonly string[]> {
  const tried: string[] = [];
  for (;;) {
    const extra = (options.extra_body ?? {}) as JsonObject;
    const body = {
      model: 'shared',
      ...options,
      ...(options.extra_body === undefined
        ? { ignore: tried }
        : { extra_body: { ...extra, ignore: tried } }),
    };
    const caused = await post(caller, body);
    if (caused.result.status !== 200) {
      expect(caused.result.status).toBe(404);
      return tried;
    }
    const [attempt] = trail(caused);
    tried.push((attempt ?? '').replace(' ok', ''));
  }
}
