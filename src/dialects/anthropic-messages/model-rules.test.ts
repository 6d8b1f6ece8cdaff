// Finding a model's row, however its name is written.
import { describe, expect, test } from 'bun:test';
import { listedRule, MAKER_RULES, ruleFor } from './model-rules.ts';

describe('a model finds its row', () => {
  test.each([
    ['claude-opus-4-7', 'claude-opus-4-7'],
    ['claude-opus-4.7', 'claude-opus-4-7'],
    ['anthropic/claude-opus-4.7', 'claude-opus-4-7'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5'],
    ['claude-opus-4-5@20251101', 'claude-opus-4-5'],
    ['Claude-Opus-5', 'claude-opus-5'],
    ['claude-opus-5-5', 'claude-opus-5-5'],
    ['claude-sonnet-5-20260630', 'claude-sonnet-5'],
    ['claude-3-7-sonnet-20250219', 'claude-3-7'],
    ['claude-3-5-haiku-latest', 'claude-3'],
    ['claude-opus-4-20250514', 'claude-opus-4-20250514'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-1'],
  ])('%s is %s', (model, match) => {
    expect(listedRule(model)?.match).toBe(match);
  });

  test.each(['claude-opus-4-10', 'claude-opus-50', 'claude-30', 'minimax-m2', ''])(
    '%p has none',
    (model) => {
      expect(listedRule(model)).toBeNull();
    },
  );
});

test('without a row, a name of the maker’s is taken for a newer model, any other for an older wire', () => {
  expect(ruleFor('claude-opus-9')).toMatchObject({
    thinking: ['adaptive', 'disabled'],
    sampling: 'none',
  });
  expect(ruleFor('minimax-m2')).toMatchObject({
    thinking: ['enabled', 'disabled'],
    efforts: [],
    outputSchema: false,
  });
});

test('no row hides another', () => {
  const matches = MAKER_RULES.map(({ match }) => match);
  expect(new Set(matches).size).toBe(matches.length);
  for (const { match } of MAKER_RULES) expect(listedRule(match)?.match).toBe(match);
});
