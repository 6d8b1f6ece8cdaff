// What a limit to the answer becomes on its way: no encoder gives a model more room than is counted on.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import type { ChatCall, Reasoning } from '../core/call.ts';
import type { Candidate } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { asNumber, asObject, parseJson } from '../lib/json.ts';
import { PROVIDERS } from '../providers/index.ts';
import { targetOf } from './encode-for.ts';
import { sentLimit } from './sent-limit.ts';

const PLAIN = { dialect: 'openai-chat', tools: false, reasoning: false } as const;
const THINKING: readonly (Reasoning | null)[] = [
  null,
  { effort: 'high' },
  { effort: 'low' },
  { budget: 2000 },
  { mode: 'enabled' },
];

function candidateOf(provider: Partial<Provider>, model = 'm'): Candidate {
  return { ...exampleCandidate(provider), model };
}

function callOf(maxTokens: number, reasoning: Reasoning | null): ChatCall {
  return {
    model: 'm',
    messages: [{ role: 'user', path: 'messages[0]', parts: [{ type: 'text', text: 'Hi' }] }],
    tools: [],
    toolChoice: { type: 'auto' },
    sampling: { maxTokens },
    output: { type: 'text' },
    reasoning,
    stream: false,
    user: null,
    extra: {},
  };
}

/** The limit in a request of any wire; null: there is none. */
function limitIn(text: string): number | null {
  const body = asObject(parseJson(text));
  const found = [
    body?.max_tokens,
    body?.max_completion_tokens,
    body?.max_output_tokens,
    asObject(body?.inferenceConfig)?.maxTokens,
    asObject(body?.generationConfig)?.maxOutputTokens,
  ];
  return found.map(asNumber).find((one) => one !== undefined) ?? null;
}

describe('every provider', () => {
  test.each(PROVIDERS.map((provider) => [provider.id, provider] as const))('%s', (_, provider) => {
    const { quirks, dialect } = provider;
    const models = ['m', ...(quirks.modelRules ?? []).map(({ match }) => match)];
    const checked: number[] = [];
    for (const model of models) {
      const rule = quirks.modelRules?.find(({ match }) => match === model);
      const candidate = candidateOf(provider, model);
      const wire = rule?.dialect ?? dialect;
      for (const reasoning of THINKING) {
        for (const stated of [1, 15, 16, 1500, 100_000]) {
          const call = callOf(stated, reasoning);
          const { body } = UPSTREAM_DIALECTS[wire].encodeCall(call, targetOf(candidate));
          const sent = limitIn(body) ?? Number.POSITIVE_INFINITY;
          const counted = sentLimit(stated, candidate, { ...PLAIN, reasoning: reasoning !== null });
          expect({ model, stated, fits: sent <= (counted ?? Number.POSITIVE_INFINITY) }).toEqual({
            ...{ model, stated, fits: true },
          });
          checked.push(sent);
        }
      }
    }
    expect(checked.length).toBe(models.length * THINKING.length * 5);
  });
});

test('a wire with a least limit has it counted, also for models that take tools there only', () => {
  const raised = candidateOf({ dialect: 'openai-responses' });
  expect([1, 15, 16, 17].map((limit) => sentLimit(limit, raised, PLAIN))).toEqual([16, 16, 16, 17]);
  const modelRules = [{ match: 'm', toolsDialect: 'openai-responses' as const }];
  const tools = candidateOf({ quirks: { modelRules } });
  expect(sentLimit(1, tools, PLAIN)).toBe(1);
  expect(sentLimit(1, tools, { ...PLAIN, tools: true })).toBe(16);
  expect(sentLimit(1, candidateOf({}), PLAIN)).toBe(1);
});

test('where the field is refused, or dropped beside the highest effort, there is no limit', () => {
  const refused = candidateOf({ quirks: { refusedFields: ['max_tokens'] } });
  expect(sentLimit(5, refused, PLAIN)).toBeNull();
  const modelRules = [{ match: 'm', ownFields: 'nova' as const, efforts: ['low', 'high'] }];
  const bare = candidateOf({ dialect: 'bedrock-converse', quirks: { modelRules } });
  expect(sentLimit(5, bare, { ...PLAIN, reasoning: true })).toBeNull();
  expect(sentLimit(5, bare, PLAIN)).toBe(5);
});
