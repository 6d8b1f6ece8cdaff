// Prompts that mean the same get the same answer, in every dialect, streamed or not; those that only look alike never do.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type GatewayUnderTest, startTwoWires } from './gateway-under-test.ts';
import { asked, startSemanticGateway, type Told } from './semantic-gateway.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startSemanticGateway(wires.yaml);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

const QUESTION = 'What is the capital of France?';
const SAME = "what is the capital of france";

describe('a prompt that means the same', () => {
  test('gets the answer, and is told how alike they are', async () => {
    const first = await asked(gateway, QUESTION);
    const before = wires.alpha.requests.length;
    const second = await asked(gateway, SAME);
    expect(wires.alpha.requests.length).toBe(before);
    expect(second.text).toBe(first.text);
    expect(second.told).toMatchObject({
      cache_hit: 'semantic',
      cost_usd: 0,
      attempts: [],
      cache: { from: first.told.generation_id, verdict: 'same' },
    });
    expect(second.told.cache?.similarity).toBeGreaterThan(0.85);
    expect(second.told.cache?.similarity).toBeLessThan(1);
  });
});
