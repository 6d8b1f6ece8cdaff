// Metrics and scores in the configuration: what is taken, and that each mistake is named with its line.
import { describe, expect, test } from 'bun:test';
import { formatProblem, parseConfig } from './load.ts';

const read = (text: string) => parseConfig(text, {}, new Set());
const problems = (text: string): readonly string[] => {
  const loaded = read(text);
  return loaded.ok ? [] : loaded.problems.map((problem) => formatProblem('f.yaml', problem));
};

test('are taken as they stand', () => {
  const text = `
metrics:
  help.ful-1: { direction: higher, values: { a/b: 0.5, c: -2 } }
  churn: { direction: lower }
models:
  - { id: a/b, scores: { intelligence: 70, math: 60.5, coding: 0 } }
`;
  expect(read(text)).toMatchObject({
    ok: true,
    config: {
      metrics: {
        'help.ful-1': { direction: 'higher', values: { 'a/b': 0.5, c: -2 } },
        churn: { direction: 'lower' },
      },
      models: [{ id: 'a/b', scores: { intelligence: 70, math: 60.5, coding: 0 } }],
    },
  });
});

describe('mistakes', () => {
  test.each([
    ['metrics:\n  price: { direction: lower }', 'f.yaml:2', 'is built in'],
    ['metrics:\n  mathematics: { direction: lower }', 'f.yaml:2', 'is built in'],
    ['metrics:\n  Help: { direction: lower }', 'f.yaml:2', 'lower-case'],
    ['metrics:\n  help: { values: {} }', 'f.yaml:2', 'direction'],
    ['metrics:\n  help:\n    direction: up', 'f.yaml:3', 'direction'],
    ['metrics:\n  help:\n    direction: lower\n    values: { a/b: x }', 'f.yaml:4', 'a/b'],
    ['metrics:\n  help:\n    direction: lower\n    unit: s', 'f.yaml:4', 'unit'],
    ['models:\n  - id: a/b\n    scores: { math: 101 }', 'f.yaml:3', 'math'],
    ['models:\n  - id: a/b\n    scores: { maths: 1 }', 'f.yaml:3', 'math'],
  ])('%j', (text, line, words) => {
    const [first, ...others] = problems(text);
    expect(others).toEqual([]);
    expect(first).toStartWith(line);
    expect(first).toContain(words);
  });
});
