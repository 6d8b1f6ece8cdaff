// A user keeps their variant: over restarts, over replicas that know nothing of each other, and whatever providers' health is.
import { afterAll, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const sim = startSim({ seed: 1 });
const sick = startSim({ seed: 2 });
afterAll(async () => {
  await sim.stop();
  await sick.stop();
});

const yaml = (first: string, weights: readonly [number, number]) => `
health: { min_failures: 2, cool_after: 1 }
providers:
  first: { dialect: openai-chat, base_url: "${first}", api_key: k }
  second: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
  net: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
routers:
  - name: ab
    default_route:
      route_id: all
      variants:
        - weight: ${weights[0]}
          variant:
            variant_id: a
            model_id: first/echo
            model_selection: { models: [net/echo] }
        - weight: ${weights[1]}
          variant: { variant_id: b, model_id: second/echo }
`;

const USERS = Array.from({ length: 60 }, (_, index) => `user-${index}`);

async function variantsOf(gateway: GatewayUnderTest): Promise<readonly string[]> {
  const replies = await Promise.all(
    USERS.map((user) =>
      gateway.post('/v1/chat/completions', {
        model: 'router/ab',
        user,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual(USERS.map(() => 200));
  const bodies = (await Promise.all(replies.map((reply) => reply.json()))) as {
    metadata: { variant_id: string };
  }[];
  return bodies.map(({ metadata }) => metadata.variant_id);
}

async function through(
  first: string,
  weights: readonly [number, number],
): Promise<readonly string[]> {
  const gateway = await startGateway(yaml(first, weights));
  try {
    const found = await variantsOf(gateway);
    // Once more, with what has been learned of the providers.
    expect(await variantsOf(gateway)).toEqual([...found]);
    const rows = await gateway.rows();
    expect(rows).toHaveLength(2 * USERS.length);
    expect(rows.every(({ router_id, route_id }) => router_id === 'ab' && route_id === 'all')).toBe(
      true,
    );
    return found;
  } finally {
    await gateway.stop();
  }
}

test('the same variant everywhere, and ramping moves users one way', async () => {
  const here = await through(sim.url, [50, 50]);
  expect(new Set(here)).toEqual(new Set(['a', 'b']));
  expect(await through(sim.url, [50, 50])).toEqual(here);
  const ramped = await through(sim.url, [20, 80]);
  const moves = new Set(here.map((variant, index) => `${variant}→${ramped[index]}`));
  expect([...moves].sort()).toEqual(['a→a', 'a→b', 'b→b']);
});

test('a variant whose model fails keeps its users: its own fallback answers them', async () => {
  const here = await through(sim.url, [50, 50]);
  expect(await through(sick.urlWith('status=503'), [50, 50])).toEqual(here);
});
