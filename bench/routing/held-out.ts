// Held out: every question scored by a model that has seen neither it nor the like of it.
import {
  type ComplexityWeights,
  type Reading,
  readComplexity,
  scoreOf,
} from '../../src/routing/facts/complexity-model.ts';
import { excerptOf, signsOf } from '../../src/routing/facts/complexity-signs.ts';
import { termsOf } from '../../src/routing/facts/complexity-terms.ts';
import { type Example, fitComplexity } from './fit-complexity.ts';
import { packWeights } from './pack-weights.ts';
import { foldOf, normalised, partsOf, type Question } from './questions.ts';

const FOLDS = 5;
const PERCENTS = 100;

export interface Learnable extends Question {
  readonly example: Example;
}

export function learnable(questions: readonly Question[]): Learnable[] {
  return questions.map((question) => {
    const excerpt = excerptOf(question.prompt);
    const gain = question.strong - question.weak;
    return { ...question, example: { signs: signsOf(excerpt), terms: termsOf(excerpt), gain } };
  });
}

export function fit(questions: readonly Learnable[]): ComplexityWeights {
  return packWeights(fitComplexity(questions.map(({ example }) => example)));
}

/** Five random folds, by the hash of the text. */
export function acrossFolds(questions: readonly Learnable[]): Reading[] {
  return scoredApart(questions, ({ prompt }) => foldOf(normalised(prompt), FOLDS));
}

/** Five folds of whole MMLU subjects: none of a question's own subject was learned from. Of MMLU only. */
export function acrossSubjects(questions: readonly Learnable[]): Reading[] {
  return scoredApart(questions, ({ dataset, subject }) =>
    dataset === 'mmlu' ? foldOf(subject, FOLDS) : null,
  );
}

/** One dataset scored by a model that learned from the others, less what stands in both. */
export function acrossDatasets(
  questions: readonly Learnable[],
  tested: string,
): { readonly readings: Reading[]; readonly shared: number } {
  const test = questions.filter(({ dataset }) => dataset === tested);
  const known = new Set(test.flatMap(({ prompt }) => [normalised(prompt), ...partsOf(prompt)]));
  const others = questions.filter(({ dataset }) => dataset !== tested);
  const apart = others.filter(
    ({ prompt }) => ![normalised(prompt), ...partsOf(prompt)].some((part) => known.has(part)),
  );
  const weights = fit(apart);
  return {
    readings: test.map(({ prompt }) => readComplexity(prompt, weights)),
    shared: others.length - apart.length,
  };
}

/** The weights of all questions, calibrated by how each was scored when it was held out. */
export function fitAll(questions: readonly Learnable[]): ComplexityWeights {
  return { ...fit(questions), percentiles: percentilesOf(acrossFolds(questions)) };
}

/** As `complexity` calls them, calibrated among themselves. */
export function scoresOf(readings: readonly Reading[]): number[] {
  const percentiles = percentilesOf(readings);
  return readings.map((reading) => scoreOf(reading, { percentiles }));
}

function scoredApart(
  questions: readonly Learnable[],
  foldBy: (question: Learnable) => number | null,
): Reading[] {
  const folds = questions.map(foldBy);
  const readings: Reading[] = questions.map(() => ({ raw: 0, ruled: 0, evidence: 0 }));
  for (let fold = 0; fold < FOLDS; fold++) {
    const weights = fit(questions.filter((_, at) => folds[at] !== fold));
    questions.forEach(({ prompt }, at) => {
      if (folds[at] === fold) readings[at] = readComplexity(prompt, weights);
    });
  }
  return readings;
}

function percentilesOf(readings: readonly Reading[]): number[] {
  const sorted = readings.map(({ raw }) => raw).sort((a, b) => a - b);
  return Array.from({ length: PERCENTS + 1 }, (_, percent) =>
    Number((sorted[Math.round(((sorted.length - 1) * percent) / PERCENTS)] ?? 0).toFixed(5)),
  );
}
