// `complexity` on questions its weights have not seen: it must beat the length of the prompt, and the shipped weights must be those of the script.
import { beforeAll, describe, expect, test } from 'bun:test';
import { apgr } from '../../bench/routing/apgr.ts';
import {
  acrossFolds,
  fit,
  type Learnable,
  learnable,
  scoresOf,
} from '../../bench/routing/held-out.ts';
import { readQuestions } from '../../bench/routing/questions.ts';
import file from '../../src/routing/facts/complexity.generated.json' with { type: 'json' };

const questions = readQuestions();
if (questions === null) console.log('skipped: complexity of recorded questions (no recordings)');

describe.skipIf(questions === null)('complexity of recorded questions', () => {
  let all: Learnable[];
  let scores: number[];
  beforeAll(() => {
    all = learnable(questions ?? []);
    scores = scoresOf(acrossFolds(all));
  }, 60_000);

  const of = (name: string, values: readonly number[]) =>
    apgr(
      all.filter(({ dataset }) => dataset === name),
      values.filter((_, at) => all[at]?.dataset === name),
    );

  test.each([
    ['mmlu', 0.66],
    ['gsm8k', 0.605],
  ])('%s: more than length alone, held out', (name, least) => {
    const length = all.map(({ prompt }) => prompt.length);
    expect(of(name, scores)).toBeGreaterThan(of(name, length) + 0.01);
    expect(of(name, scores)).toBeGreaterThan(least);
  });

  test('three tenths of the questions are above 0.7', () => {
    const above = scores.filter((score) => score > 0.7).length / scores.length;
    expect(above).toBeGreaterThan(0.28);
    expect(above).toBeLessThan(0.32);
  });

  test('the shipped weights are those of these questions', () => {
    const terms = Buffer.from(fit(all).terms.buffer).toString('base64');
    expect(terms === file.terms).toBe(true);
  });
});
