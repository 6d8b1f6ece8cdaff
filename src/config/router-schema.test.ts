// What is taken as a router, in which spellings, and what is said of everything that is wrong with one.
import { describe, expect, test } from 'bun:test';
import { asObject, type Json, type JsonObject } from '../lib/json.ts';
import { problemText } from './router-problem.ts';
import { type GivenName, readRouter } from './router-schema.ts';

const of = (model_id: string, more: object = {}) => ({
  variants: [{ variant: { model_id, ...more }, weight: 100 }],
});

function read(input: unknown, given?: GivenName) {
  const reading = readRouter(input, given);
  if (!reading.ok) throw new Error(reading.problems.map(problemText).join('\n'));
  return reading;
}

/** What is said against it, one line a problem. */
function said(input: unknown, given?: GivenName): readonly string[] {
  const reading = readRouter(input, given);
  return reading.ok ? [] : reading.problems.map(problemText);
}

/** A router whose only variant has this more. */
const variantWith = (more: object) => ({ name: 'r', defaultRoute: of('a/b', more) });
const AT = 'defaultRoute.variants[0].variant';

describe('names and ids that are not given', () => {
  test('are made from what is there', () => {
    const { router, resource } = read({
      displayName: 'User-Aware',
      routes: [
        { condition: { cel_expression: 'language == "es"' }, route: of('openai/gpt-5.2') },
        {
          condition: { cel_expression: 'plan == "free"' },
          route: of('anthropic/claude-haiku-4-5'),
        },
      ],
      defaultRoute: of('anthropic/claude-sonnet-4-6'),
    });
    expect(router.id).toBe('user-aware');
    expect(resource.name).toBe('routers/user-aware');
    expect(router.routes.map(({ route }) => route.id)).toEqual(['route-1', 'route-2']);
    expect(router.defaultRoute?.id).toBe('default');
    expect(router.routes[0]?.route.variants[0]?.variant.id).toBe('gpt-5.2');
    expect(read(resource).resource).toEqual(resource);
    expect(read(resource).router).toEqual(router);
  });

  test('never are those of another', () => {
    const weighted = (weight: number, variant: object) => ({ weight, variant });
    const { router } = read({
      name: 'r',
      routes: [
        { condition: { cel_expression: 'true' }, route: { route_id: 'route-2', ...of('a/b') } },
        { condition: { cel_expression: 'true' }, route: { route_id: '', ...of('a/b') } },
      ],
      defaultRoute: {
        variants: [
          weighted(50, { model_id: 'x/m' }),
          weighted(25, { model_id: 'y/m' }),
          weighted(25, { model_id: 'z/m', variant_id: 'm-2' }),
        ],
      },
    });
    expect(router.routes.map(({ route }) => route.id)).toEqual(['route-2', 'route-2-2']);
    expect(router.defaultRoute?.variants.map(({ variant }) => variant.id)).toEqual([
      'm',
      'm-3',
      'm-2',
    ]);
  });

  test.each([
    ['  Größe & Änderung!! ', 'gro-e-anderung'],
    ['日本', null],
    ['-a-', 'a'],
    ['x'.repeat(100), 'x'.repeat(63)],
  ])('the slug of %p is %p', (displayName, slug) => {
    const seen: (string | null)[] = [];
    const newId = (own: string | null) => {
      seen.push(own);
      return own ?? 'made';
    };
    expect(read({ displayName, defaultRoute: of('a/b') }, { newId }).router.id).toBe(
      slug ?? 'made',
    );
    expect(seen).toEqual([slug]);
  });

  test('a name that is there stays', () => {
    const input = { displayName: 'Other', defaultRoute: of('a/b') };
    expect(read(input, { id: 'mine' }).resource.name).toBe('routers/mine');
    expect(read({ ...input, name: 'routers/mine' }, { id: 'mine' }).router.id).toBe('mine');
    expect(said({ ...input, name: 'yours' }, { id: 'mine' })).toEqual([
      'name: never changes: it is "routers/mine"',
    ]);
  });
});

describe('spellings', () => {
  test('of sort', () => {
    const sort = [
      'price',
      'SORT_METRIC_MATH',
      'mathematics',
      { metric: 'sort_metric_latency', direction: 'SORT_DIRECTION_UNSPECIFIED' },
      { metric: 'coding', direction: 'ASC' },
      { metric: 'Conversion', direction: 'SORT_DIRECTION_DESCENDING' },
      'SORT_METRIC_UNSPECIFIED',
    ];
    const { router, resource } = read(variantWith({ modelSelection: { sort } }));
    const variant = asObject(variantOf(resource).model_selection);
    expect(variant?.sort).toEqual([
      { metric: 'SORT_METRIC_PRICE' },
      { metric: 'SORT_METRIC_MATH' },
      { metric: 'SORT_METRIC_MATH' },
      { metric: 'SORT_METRIC_LATENCY' },
      { metric: 'SORT_METRIC_CODING', direction: 'SORT_DIRECTION_ASCENDING' },
      { metric: 'Conversion', direction: 'SORT_DIRECTION_DESCENDING' },
    ]);
    expect(router.defaultRoute?.variants[0]?.variant.selection.sort).toEqual([
      { metric: 'price', direction: null },
      { metric: 'math', direction: null },
      { metric: 'math', direction: null },
      { metric: 'latency', direction: null },
      { metric: 'coding', direction: 'ascending' },
      { metric: 'Conversion', direction: 'descending' },
    ]);
  });

  test('of generation settings, and of what generated clients send where nothing was set', () => {
    const { router } = read(
      variantWith({
        textGenerationConfig: {
          max_new_tokens: 9,
          topP: 0.5,
          stopSequences: ['', 'end'],
          logitBias: { '50256': -100 },
          reasoning: { effort: 'EFFORT_LOW' },
        },
      }),
    );
    expect(router.defaultRoute?.variants[0]?.variant.settings.generation).toEqual({
      maxTokens: 9,
      topP: 0.5,
      stop: ['end'],
      logitBias: { '50256': -100 },
      reasoning: { effort: 'low' },
    });
    const empty = read(
      variantWith({
        text_generation_config: {
          stop_sequences: [''],
          logit_bias: [{ token_id: '', bias_value: 0 }],
          reasoning: { effort: 'unspecified' },
          seed: null,
        },
      }),
    );
    expect(variantOf(empty.resource).text_generation_config).toEqual({ reasoning: {} });
  });

  test('of templates', () => {
    const { router } = read(
      variantWith({
        messageTemplates: [
          {
            role: 'SYSTEM',
            contentItems: [{ text: 'a {{ name }}' }, { text: 'b' }],
            toolCallId: '',
          },
          { role: 'assistant', toolCalls: [{ id: 'c1', name: 'f', args: '' }] },
          { role: 'tool', content: '{}', tool_call_id: 'c1' },
        ],
      }),
    );
    expect(router.defaultRoute?.variants[0]?.variant.settings.templates).toEqual([
      { role: 'system', content: 'a {{ name }}\nb' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'f', arguments: '{}' }] },
      { role: 'tool', content: '{}', toolCallId: 'c1' },
    ]);
  });

  test('of commands: a variant, a model, a variant of a route', () => {
    const { router, resource } = read({
      name: 'r',
      defaultRoute: of('a/b', { variant_id: 'v1', fallback: { ttft_timeout: '1s' } }),
      commands: { '/review': 'v1', code: 'c/d', auto: 'auto', docs: { modelId: 'e/f' } },
    });
    expect(resource.commands).toEqual({
      review: 'v1',
      code: 'c/d',
      auto: 'auto',
      docs: { variant_id: 'docs', model_id: 'e/f' },
    });
    expect(router.commands.review).toBe(router.defaultRoute?.variants[0]?.variant);
    expect(router.commands.code).toEqual({ id: 'code', model: 'c/d', selection: {}, settings: {} });
    expect(router.commands.docs?.id).toBe('docs');
    expect(router.commands.auto?.model).toBe('auto');
  });

  test('durations are kept as written, and go by milliseconds', () => {
    const { router, resource } = read(
      variantWith({ fallback: { ttftTimeout: '1.5s', mode: 'race' } }),
    );
    expect(variantOf(resource).fallback).toEqual({ ttft_timeout: '1.5s', mode: 'race' });
    expect(router.defaultRoute?.variants[0]?.variant.settings.fallback).toEqual({
      ttft_timeout: 1500,
      mode: 'race',
    });
    const inSelection = read(
      variantWith({ model_selection: { fallback: { ttft_timeout: '2s' } } }),
    );
    const { settings } = inSelection.router.defaultRoute?.variants[0]?.variant ?? {};
    expect(settings?.fallback).toEqual({ ttft_timeout: 2000 });
  });

  test('what the API adds is passed over, and optimize_prompt is kept', () => {
    const added = { etag: 'v1', version: 1, origin: 'api', createTime: 'x', update_time: 'y' };
    const { resource } = read({ ...variantWith({}), defaults: { optimizePrompt: true }, ...added });
    expect(Object.keys(resource)).toEqual(['name', 'defaults', 'defaultRoute']);
    expect(resource.defaults).toEqual({ optimize_prompt: true });
  });
});

describe('what is refused', () => {
  const weights = (...list: unknown[]) => ({
    name: 'r',
    defaultRoute: {
      variants: list.map((weight, index) => ({ weight, variant: { model_id: `m/${index}` } })),
    },
  });

  test.each([
    [[100]],
    [[100, 0]],
    [[33.33, 33.33, 33.34]],
    [[0.01, 99.99]],
    [Array.from({ length: 100 }, () => 1)],
  ])('weights %p are good', (list) => {
    expect(said(weights(...list))).toEqual([]);
  });

  test.each<[unknown[], string[]]>([
    [[90], ['defaultRoute.variants: the weights sum to 90; they must sum to exactly 100']],
    [
      [33.33, 33.33, 33.33],
      ['defaultRoute.variants: the weights sum to 99.99; they must sum to exactly 100'],
    ],
    [
      [99.995, 0.005],
      [
        'defaultRoute.variants[0].weight: 99.995 has more than two decimals',
        'defaultRoute.variants[1].weight: 0.005 has more than two decimals',
      ],
    ],
    [
      [-1, 101],
      [
        'defaultRoute.variants[0].weight: Too small: expected number to be >=0',
        'defaultRoute.variants[1].weight: Too big: expected number to be <=100',
      ],
    ],
    [['100'], ['defaultRoute.variants[0].weight: expected number, received string']],
    [[undefined, 100], ['defaultRoute.variants[0].weight: is missing']],
    [[], ['defaultRoute.variants: must be at least one variant']],
  ])('weights %p', (list, problems) => {
    expect(said(weights(...list))).toEqual(problems);
  });

  test.each<[string, unknown, string]>([
    [
      'nothing in it',
      { name: 'r' },
      'The router has neither routes nor a defaultRoute nor commands: it needs at least one.',
    ],
    [
      'no name',
      { defaultRoute: of('a/b') },
      'name: is missing: give the router a name, or a displayName to make one from',
    ],
    [
      'a bad name',
      { name: 'Bad Name', defaultRoute: of('a/b') },
      'name: must be lower-case letters, digits and dashes, no dash first, at most 63 of them',
    ],
    [
      'a long name',
      { name: 'a'.repeat(64), defaultRoute: of('a/b') },
      'name: must be lower-case letters, digits and dashes, no dash first, at most 63 of them',
    ],
    [
      'an unknown field',
      { name: 'r', displayNam: 'x', defaultRoute: of('a/b') },
      'displayNam: is not a field here. Did you mean "displayName"?',
    ],
    [
      'an unknown field deep inside',
      variantWith({ model_selecton: {} }),
      `${AT}.model_selecton: is not a field here. Did you mean "model_selection"?`,
    ],
    [
      'two spellings that differ',
      { ...variantWith({}), displayName: 'a', display_name: 'b' },
      'displayName: is written twice, as "displayName" and as "display_name", with different values: keep one',
    ],
    [
      'no condition',
      { name: 'r', routes: [{ route: of('a/b') }] },
      'routes[0].condition: is missing',
    ],
    [
      'an empty condition',
      { name: 'r', routes: [{ condition: { celExpression: '' }, route: of('a/b') }] },
      'routes[0].condition.cel_expression: must not be empty',
    ],
    [
      'no model',
      { name: 'r', defaultRoute: { variants: [{ variant: {}, weight: 100 }] } },
      `${AT}.model_id: is missing`,
    ],
    [
      'a router as model',
      { name: 'r', defaultRoute: of('router/other') },
      `${AT}.model_id: "router/other" names a router: a router sends requests to models, "provider/model" or "auto"`,
    ],
    [
      'a router in Inworld’s words',
      { name: 'r', defaultRoute: of('inworld/other') },
      `${AT}.model_id: "inworld/other" names a router: a router sends requests to models, "provider/model" or "auto"`,
    ],
    [
      'a router among the fallbacks',
      variantWith({ model_selection: { models: ['a/b', 'routers/x'] } }),
      `${AT}.model_selection.models[1]: "routers/x" names a router: a router sends requests to models, "provider/model" or "auto"`,
    ],
    [
      'a route id twice',
      {
        name: 'r',
        routes: [{ condition: { cel_expression: 'true' }, route: { route_id: 'x', ...of('a/b') } }],
        defaultRoute: { route_id: 'x', ...of('a/b') },
      },
      'defaultRoute.route_id: "x" is there twice in the router: each needs one of its own',
    ],
    [
      'a variant id twice',
      {
        name: 'r',
        defaultRoute: {
          variants: [50, 50].map((weight) => ({
            weight,
            variant: { variant_id: 'v', model_id: 'a/b' },
          })),
        },
      },
      'defaultRoute.variants[1].variant.variant_id: "v" is there twice in its route: each needs one of its own',
    ],
    [
      'both web searches',
      variantWith({ web_search: true, webSearchOptions: {} }),
      `${AT}.web_search_options: stands beside web_search: they exclude each other, keep one`,
    ],
    [
      'both in the defaults',
      { ...variantWith({}), defaults: { web_search: {}, web_search_options: {} } },
      'defaults.web_search_options: stands beside web_search: they exclude each other, keep one',
    ],
    [
      'too many results',
      variantWith({ web_search: { max_results: 21 } }),
      `${AT}.web_search.max_results: Too big: expected number to be <=20`,
    ],
    [
      'a temperature above 2',
      variantWith({ text_generation_config: { temperature: 2.1 } }),
      `${AT}.text_generation_config.temperature: Too big: expected number to be <=2`,
    ],
    [
      'an effort nobody knows',
      variantWith({ text_generation_config: { reasoning: { effort: 'huge' } } }),
      `${AT}.text_generation_config.reasoning.effort: must be one of none, minimal, low, medium, high, xhigh, max`,
    ],
    [
      'a bias above 100',
      variantWith({ text_generation_config: { logit_bias: { 5: 101 } } }),
      `${AT}.text_generation_config.logit_bias.5: Too big: expected number to be <=100`,
    ],
    [
      'compression above 1',
      variantWith({ compression: { aggressiveness: 1.1 } }),
      `${AT}.compression.aggressiveness: Too big: expected number to be <=1`,
    ],
    [
      'a timeout that is too short',
      variantWith({ fallback: { ttft_timeout: '100ms' } }),
      `${AT}.fallback.ttft_timeout: must be at least "300ms"`,
    ],
    [
      'a timeout that is none',
      variantWith({ fallback: { total_timeout: 'soon' } }),
      `${AT}.fallback.total_timeout: must be a duration such as "800ms", "10s" or "2m"`,
    ],
    [
      'two fallbacks that differ',
      variantWith({
        fallback: { mode: 'race' },
        model_selection: { fallback: { mode: 'cancel' } },
      }),
      `${AT}.model_selection.fallback: says something else than the fallback of the variant: keep one`,
    ],
    [
      'a cache time that is none',
      variantWith({ cache: { ttl: 'x' } }),
      `${AT}.cache.ttl: must be a time such as "30m", "24h" or "30d"`,
    ],
    [
      'a metric that cannot be one',
      variantWith({ model_selection: { sort: ['no metric'] } }),
      `${AT}.model_selection.sort[0]: is no metric: use one of SORT_METRIC_PRICE, SORT_METRIC_LATENCY, SORT_METRIC_THROUGHPUT, SORT_METRIC_INTELLIGENCE, SORT_METRIC_MATH, SORT_METRIC_CODING, or the name of a metric of your own`,
    ],
    [
      'a template that is not closed',
      variantWith({ message_templates: [{ role: 'system', content: 'Hi\n {{name' }] }),
      `${AT}.message_templates[0].content: has a "{{" that is not closed at line 2, column 2`,
    ],
    [
      'an empty template',
      variantWith({ message_templates: [{ role: 'system', content: '' }] }),
      `${AT}.message_templates[0].content: is missing or empty`,
    ],
    [
      'an answer to no call',
      variantWith({ message_templates: [{ role: 'tool', content: 'x' }] }),
      `${AT}.message_templates[0].tool_call_id: is missing: it names the call that is answered`,
    ],
    [
      '/model as a command',
      { name: 'r', commands: { '/model': 'a/b' } },
      'commands.model: "model" is not free: /model means back to the default',
    ],
    [
      'a command with blanks',
      { name: 'r', commands: { 'my review': 'a/b' } },
      'commands.my review: the name of a command is lower-case letters, digits, "-" and "_", a letter first',
    ],
    [
      'a command of no variant',
      { name: 'r', defaultRoute: of('a/bee'), commands: { code: 'be' } },
      'commands.code: "be" is neither a model ("provider/model" or "auto") nor the variant_id of a variant of this router. Did you mean "bee"?',
    ],
    [
      'a command that is a router',
      { name: 'r', commands: { code: 'router/x' } },
      'commands.code: "router/x" names a router: a router sends requests to models, "provider/model" or "auto"',
    ],
    ['no object', ['r'], 'A router is an object.'],
    [
      'more than 256 KB',
      { ...variantWith({}), displayName: 'x'.repeat(300_000) },
      'The router is 294 KB: at most 256 KB.',
    ],
    ['too deep', { name: nested(30) }, 'The router is nested more than 24 levels.'],
    [
      '101 routes',
      {
        name: 'r',
        routes: Array.from({ length: 101 }, () => ({
          condition: { cel_expression: 'true' },
          route: of('a/b'),
        })),
      },
      'routes: Too big: expected array to have <=100 items',
    ],
  ])('%s', (_name, input, problem) => {
    expect(said(input)).toEqual([problem]);
  });

  test('everything that is wrong is said at once', () => {
    expect(
      said({
        name: 'r',
        nmae: 1,
        routes: [{ condition: {}, route: of('router/x', { compression: 5 }) }],
        defaultRoute: { variants: [{ variant: { model_id: 'a/b' }, weight: 1 }] },
      }),
    ).toEqual([
      'nmae: is not a field here. Did you mean "name"?',
      'routes[0].condition.cel_expression: is missing',
      'routes[0].route.variants[0].variant.compression: expected object, received number',
      'defaultRoute.variants: the weights sum to 1; they must sum to exactly 100',
      'routes[0].route.variants[0].variant.model_id: "router/x" names a router: a router sends requests to models, "provider/model" or "auto"',
    ]);
  });
});

function nested(levels: number): Json {
  return levels === 0 ? 0 : [nested(levels - 1)];
}

/** The variant of `variantWith`, as it is answered. */
function variantOf(resource: JsonObject): JsonObject {
  const { variants } = asObject(resource.defaultRoute) ?? {};
  return asObject(asObject((variants as readonly Json[])[0])?.variant) ?? {};
}
