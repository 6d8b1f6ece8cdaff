// What planning is told of speed: medians by the size of the prompt, at most a second old, by a clock that the test moves.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Candidate } from '../../core/plan.ts';
import { Health } from './health.ts';
import { healthSettings } from './settings.ts';

const PROVIDER = {
  id: 'a',
  name: 'a',
  dialect: 'openai-chat',
  baseUrl: 'http://a.test/v1',
  auth: { kind: 'none' },
  env: [],
  quirks: {},
  docs: [],
} as const;

function candidate(model: string, region: string | null = null): Candidate {
  const configured = { provider: PROVIDER, keys: [], models: [], region };
  return { id: `a/${model}`, configured, model, facts: null };
}

const settings = healthSettings({});
let now: number;
let health: Health;

beforeEach(() => {
  now = 5000;
  health = new Health({ now: () => now, chance: () => 0, settings: () => settings });
});

/** One stream; with each key, all count. */
function streamed(ttftMs: number, promptTokens = 500, region: string | null = null, key = 'k1') {
  const call = health.began({ provider: 'a', model: 'm', key, region });
  call.firstContent(ttftMs, promptTokens);
  call.ended({ error: null, promptTokens, outputTokens: 100, streamMs: ttftMs * 10, counts: true });
}

const M = candidate('m');

describe('live medians', () => {
  test('of what was never asked there is none', () => {
    streamed(100);
    expect(health.ttftMs(candidate('n'), 500)).toBeNull();
    expect(health.tokensPerS(candidate('n'), 500)).toBeNull();
    expect(health.ttftMs(candidate('m', 'eu'), 500)).toBeNull();
  });

  test('all keys together, with how many measurements they rest on', () => {
    streamed(100);
    streamed(300, 500, null, 'k2');
    streamed(200);
    expect(health.ttftMs(M, 500)).toEqual({ value: 200, samples: 3 });
    // 100 tokens in 2 s
    expect(health.tokensPerS(M, 500)).toEqual({ value: 50, samples: 3 });
  });

  test('of prompts of this size; of any size only where none was', () => {
    streamed(100, 500);
    streamed(900, 50_000);
    expect(health.ttftMs(M, 999)?.value).toBe(100);
    expect(health.ttftMs(M, 60_000)?.value).toBe(900);
    expect(health.ttftMs(M, 5000)).toEqual({ value: 100, samples: 2 });
  });

  test('are worked out again after a second, not before', () => {
    streamed(100);
    expect(health.ttftMs(M, 500)?.samples).toBe(1);
    streamed(300);
    streamed(300);
    now += 999;
    expect(health.ttftMs(M, 500)).toEqual({ value: 100, samples: 1 });
    now += 1;
    expect(health.ttftMs(M, 500)).toEqual({ value: 300, samples: 3 });
  });

  test('that none was is remembered as long', () => {
    expect(health.ttftMs(M, 500)).toBeNull();
    streamed(100);
    expect(health.ttftMs(M, 500)).toBeNull();
    now += 1000;
    expect(health.ttftMs(M, 500)?.value).toBe(100);
  });

  test('a provider that moved is another', () => {
    streamed(100);
    streamed(700, 500, 'eu');
    expect(health.ttftMs(M, 500)?.value).toBe(100);
    expect(health.ttftMs(candidate('m', 'eu'), 500)?.value).toBe(700);
    expect(health.ttftMs(M, 500)?.value).toBe(100);
  });

  test('what is old is forgotten', () => {
    streamed(100);
    now += 600_001;
    expect(health.ttftMs(M, 500)).toBeNull();
  });
});
