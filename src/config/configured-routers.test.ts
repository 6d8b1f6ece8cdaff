// Routers in the configuration file: taken as the API takes them, and refused with the line.
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { parseConfig } from './load.ts';

const parse = (text: string, environment: { [name: string]: string } = {}) =>
  parseConfig(text, environment, new Set(['openai']));

test('are read in either casing, with values from the environment', () => {
  const loaded = parse(
    `routers:
  - displayName: User Aware
    default_route:
      variants:
        - { weight: "\${SHARE}", variant: { modelId: "\${MODEL:-openai/a}" } }
        - { weight: 10, variant: { model_id: openai/b, webSearch: "\${SEARCH}" } }
`,
    { SHARE: '90', SEARCH: 'true' },
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const [router] = loaded.config.routers ?? [];
  expect(router?.id).toBe('user-aware');
  expect(router?.resource.name).toBe('routers/user-aware');
  expect(
    router?.defaultRoute?.variants.map(({ weight, variant }) => [weight, variant.model]),
  ).toEqual([
    [90, 'openai/a'],
    [10, 'openai/b'],
  ]);
  expect(router?.defaultRoute?.variants[1]?.variant.settings).toEqual({ webSearch: true });
});

test('each problem has its line', () => {
  const loaded = parse(`routers:
  - name: a
    default_route:
      variants:
        - weight: 90
          variant:
            modelId: router/x
            textGenerationConfig:
              temperature: hot
  - name: a
    nmae: b
    commands: { code: openai/x }
  - name: c
    commands: { code: openai/x }
  - name: c
    commands: { code: openai/x }
`);
  if (loaded.ok) throw new Error('it was taken');
  expect(loaded.problems).toEqual([
    { line: 9, message: expect.stringContaining('.temperature: expected number, received string') },
    {
      line: 5,
      message:
        'routers[0].defaultRoute.variants: the weights sum to 90; they must sum to exactly 100',
    },
    {
      line: 7,
      message: expect.stringContaining(
        'routers[0].defaultRoute.variants[0].variant.model_id: "router/x" names a router',
      ),
    },
    { line: 11, message: 'routers[1].nmae: is not a field here. Did you mean "name"?' },
    {
      line: 15,
      message: 'routers[3].name: "c" is the name of routers[2] too: each needs one of its own',
    },
  ]);
});

test('the example of the page is good', async () => {
  const page = await Bun.file(join(import.meta.dir, '../../docs/config.md')).text();
  const example = /```yaml\n(routers:[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const loaded = parse(example);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.config.routers?.map(({ id }) => id)).toEqual(['user-aware']);
});
