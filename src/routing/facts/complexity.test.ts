// How hard turns look: the order of everyday ones, what follow-ups keep, and that nothing makes it slow or wild.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Turn } from '../../core/survey.ts';
import { complexityOf, textComplexity } from './complexity.ts';

const EASY = [
  'hi',
  'ok',
  'thanks!',
  'Hola',
  '你好',
  'Hola, necesito ayuda',
  'What is the capital of France?',
  'Translate "good morning" to Spanish',
  'Tell me a joke',
  'Summarise this: the cat sat on the mat.',
  'Rename the variable foo to bar in this file.',
  'Fix the typo in the title',
  'How do I reverse a list in Python?',
  'Bonjour, quel temps fait-il ?',
];
const MIDDLING = [
  'Write a SQL query that returns the ten customers with the highest revenue per month',
  'Explain the difference between TCP and UDP to somebody who knows no networking',
  'Refactor this function so that it has no side effects and add unit tests',
  'Please write an email to my landlord saying that the heating has been broken for two weeks, that I called twice, and that I expect it to be repaired by Friday. Keep it polite but firm.',
  'I have been feeling tired lately and I wonder whether my diet could be the cause. I mostly eat pasta, bread and some vegetables, and drink two coffees a day. What would you change first?',
];
const HARD = [
  'Prove that there are infinitely many primes congruent to 3 mod 4.',
  'Demuestra que la raíz de 2 es irracional y explica cada paso',
  '请证明根号2是无理数，并给出详细步骤',
  'A train leaves at 9:40 at 80 km/h, another at 10:05 at 110 km/h on the same track. When and where does the second catch up, and how far must the first be ahead to reach a station 200 km away before it?',
  'Design a distributed rate limiter that must guarantee exactly-once token accounting across regions without a single point of failure; compare at least three algorithms, give latency trade-offs, and implement the chosen one in Go with tests for edge cases.',
  'Let f be continuous on [0,1] with integral zero and \\int x f(x) dx = 1. Prove that there is c with |f(c)| >= 4, and show that the constant cannot be improved; derive every step.',
  'Implement a lock-free concurrent hash map in C++20. It must support resize without blocking readers, guarantee linearizability, handle ABA, and must not use garbage collection. Prove the invariants, analyse memory ordering of each atomic, and give benchmarks.',
  'Migrate our 200-table Postgres schema from multi-tenant by row to schema per tenant without downtime. Design the migration plan, the dual-write strategy, consistency checks, rollback at every step, and estimate the load; constraints: at most 5 minutes of degraded writes, must support both versions for a week, and handle failures of the migration worker.',
  '```js\nfunction a(){return 1}\n```\nwhy does it deadlock under concurrent access? debug step by step',
];

const typed = (...texts: string[]): Turn[] =>
  texts.map((text) => ({ role: 'user', text, typed: text }));

describe('a turn alone', () => {
  test.each(EASY)('is easy: %s', (text) => expect(textComplexity(text)).toBeLessThan(0.3));
  test.each(MIDDLING)('is neither: %s', (text) => {
    expect(textComplexity(text)).toBeGreaterThan(0.25);
    expect(textComplexity(text)).toBeLessThan(0.75);
  });
  test.each(HARD)('is hard: %s', (text) => expect(textComplexity(text)).toBeGreaterThan(0.6));

  test('every easy one is below every hard one', () => {
    const easiest = Math.min(...HARD.map(textComplexity));
    expect(EASY.filter((text) => textComplexity(text) >= easiest)).toEqual([]);
  });
});

describe('a conversation', () => {
  const [hard = ''] = HARD.slice(4);

  test('goes by what was typed last', () => {
    expect(
      complexityOf(typed(hard, 'What is the capital of France, and how many people live in it?')),
    ).toBe(textComplexity('What is the capital of France, and how many people live in it?'));
  });

  test('a short turn keeps some of what it follows', () => {
    const score = complexityOf(typed(hard, 'now without the cache'));
    expect(score).toBeGreaterThan(0.5);
    expect(score).toBeLessThan(textComplexity(hard));
  });

  test('a courtesy keeps nothing', () => {
    expect(complexityOf(typed(hard, 'thanks, perfect!'))).toBeLessThan(0.1);
  });

  test('results of tools and answers between do not count', () => {
    const between: Turn[] = [
      { role: 'assistant', text: hard, typed: null },
      { role: 'tool', text: hard, typed: null },
      { role: 'user', text: hard, typed: null },
    ];
    expect(complexityOf([...typed('Tell me a joke'), ...between])).toBe(
      textComplexity('Tell me a joke'),
    );
  });

  test('nobody typed: 0', () => {
    expect(complexityOf([])).toBe(0);
    expect(complexityOf([{ role: 'system', text: hard, typed: null }])).toBe(0);
  });
});

describe('whatever is typed', () => {
  test('the score is from 0 to 1', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 400 })), (texts) => {
        const score = complexityOf(typed(...texts));
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([
    ['one letter', 'a'],
    ['blanks', ' '],
    ['signs', '`'],
    ['quotes', '"'],
    ['lines', '\n'],
    ['options', 'A. \n'],
    ['numbers', '1,'],
    ['half a pair', '\ud800'],
    ['bullets', '- '],
    ['backslashes', '\\a'],
  ])('a megabyte of %s takes no longer than a page', (_, piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    textComplexity(text.slice(0, 5_000));
    const start = performance.now();
    const score = textComplexity(text);
    expect(performance.now() - start).toBeLessThan(500);
    expect(score >= 0 && score <= 1).toBe(true);
  });
});
