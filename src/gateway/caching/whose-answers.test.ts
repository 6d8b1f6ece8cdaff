// Whose kept answers do: of whom would be asked now, and of the same model at other providers right behind it; of no fallback.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../../test/contracts/example-candidate.ts';
import type { HealthView, Standing } from '../../core/health.ts';
import type { ModelFacts } from '../../core/model.ts';
import type { Candidate, Plan } from '../../core/plan.ts';
import { whoseAnswers } from './whose-answers.ts';

const READY: Standing = {
  state: 'ready',
  forMs: 0,
  admissible: true,
  errorRate: 0,
  degraded: false,
};
const ILL: Standing = { ...READY, state: 'open', forMs: 1000, admissible: false };
const FACTS: Omit<ModelFacts, 'provider' | 'model' | 'maker'> = {
  name: 'M',
  context: null,
  maxOutput: null,
  input: ['text'],
  output: ['text'],
  abilities: { tools: null, reasoning: null, structuredOutput: null, temperature: null },
  price: null,
  released: null,
  knowledge: null,
};

/** @param maker null: the catalogue does not know it; undefined: it knows nothing of the model */
function candidate(provider: string, model: string, maker?: string | null): Candidate {
  const one = exampleCandidate({ id: provider });
  const facts = maker === undefined ? null : { ...FACTS, provider, model, maker };
  return { ...one, id: `${provider}/${model}`, model, facts };
}

function whose(candidates: readonly Candidate[], ill: readonly string[] = []): readonly string[] {
  const plan: Plan = {
    requested: 'm',
    candidates,
    why: [],
    routerId: null,
    routeId: null,
    variantId: null,
    settings: null,
    commands: null,
    facts: null,
  };
  const health: HealthView = {
    standing: ({ provider }) => (ill.includes(provider) ? ILL : READY),
  };
  return whoseAnswers(plan, health).map(({ id }) => id);
}

const GROQ = candidate('groq', 'openai/gpt-oss-120b', 'openai');
const BEDROCK = candidate('bedrock', 'openai.gpt-oss-120b-1:0', 'openai');
const TOGETHER = candidate('together', 'openai/gpt-oss-120b', 'openai');
const NOVITA = candidate('novita', 'openai/gpt-oss-120b', 'openai');
const SMALL = candidate('groq', 'openai/gpt-oss-20b', 'openai');
const NAMESAKE = candidate('other', 'gpt-oss-120b', 'somebody');
const UNKNOWN = candidate('vllm', 'gpt-oss-120b', null);
const UNLISTED = candidate('vllm', 'gpt-oss-120b');

describe('whoseAnswers', () => {
  test.each([
    ['alone', [GROQ], 1],
    ['another model is a fallback', [GROQ, SMALL], 1],
    ['the same model elsewhere, whatever it is called there', [GROQ, BEDROCK, SMALL], 2],
    ['behind a fallback it is one', [GROQ, SMALL, TOGETHER], 1],
    ['a few at most', [GROQ, BEDROCK, TOGETHER, NOVITA], 3],
    ['another maker’s model of the name is another', [GROQ, NAMESAKE], 1],
    ['a name alone tells nothing', [GROQ, UNKNOWN], 1],
    ['nor of two', [UNKNOWN, UNLISTED], 1],
    ['nor of two that are nowhere listed', [UNLISTED, candidate('lm', 'gpt-oss-120b')], 1],
  ] as const)('%s', (_, candidates, count) => {
    expect(whose(candidates)).toEqual(candidates.slice(0, count).map(({ id }) => id));
  });

  test('dates and variants are models of their own', () => {
    const dated = candidate('openai', 'gpt-5.2-2025-12-11', 'openai');
    const plain = candidate('azure', 'gpt-5.2', 'openai');
    const free = candidate('openrouter', 'openai/gpt-5.2:free', 'openai');
    expect(whose([plain, dated])).toEqual([plain.id]);
    expect(whose([plain, free])).toEqual([plain.id]);
  });

  test('who is ill would be asked last: the one behind it is the first', () => {
    expect(whose([GROQ, BEDROCK], ['groq'])).toEqual([BEDROCK.id]);
    expect(whose([SMALL, TOGETHER, NOVITA], ['groq'])).toEqual([TOGETHER.id, NOVITA.id]);
    expect(whose([GROQ, SMALL, TOGETHER], ['together'])).toEqual([GROQ.id]);
  });

  test('where all are ill the first is asked', () => {
    expect(whose([GROQ, NAMESAKE], ['groq', 'other'])).toEqual([GROQ.id]);
  });
});
