// Comparing long texts is paid for, by what of them is looked at, and answers as it does for short ones.
import { describe, expect, test } from 'bun:test';
import { compileCondition } from './compile-condition.ts';
import { LIMITS } from './limits.ts';

/** Texts of their own: those that are one in memory are equal without a look at them. */
const own = (text: string): string => JSON.parse(JSON.stringify(text));
const LENGTH = 100_000;
const text = 'x'.repeat(LENGTH);
const VARIABLES: Readonly<Record<string, unknown>> = {
  many: new Array(50_000).fill(1),
  a: own(text),
  b: own(text),
  later: own(`${text.slice(1)}y`),
  short: 'x',
  longer: `${text}${text}`,
  digits: `${own('1'.repeat(LENGTH))}x`,
  some: `${own('1'.repeat(390))}x`,
  // Nobody typed anything since.
  turns: [
    { role: 'user', content: 'x', typed: 'x' },
    ...new Array(20_000).fill({ role: 'assistant', content: 'x', typed: null }),
  ],
};

/** @returns how often `a` was asked for, too */
function evaluate(source: string) {
  const compiled = compileCondition(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  let asked = 0;
  const { holds, note } = compiled.condition.evaluate({
    get: (name) => {
      if (name === 'a') asked++;
      return VARIABLES[name];
    },
  });
  return { holds, note, asked };
}

describe('in a loop they are compared so often as the work allows', () => {
  test.each([
    'a == b',
    '!(a != b)',
    'a <= b',
    'a >= b',
    '!(a < b)',
    'a.startsWith(b)',
    'a.endsWith(b)',
    'a in ["x", b]',
    '[a] == [b]',
    '{"key": a} == {"key": b}',
    '{a: 1} == {b: 1}',
    'a in {b: 1}',
    '{b: 1}[a] == 1',
    '!(a == later)',
    'longer.startsWith(a)',
  ])('%s', (condition) => {
    const once = evaluate(condition);
    expect(once).toMatchObject({ holds: true, note: null, asked: 1 });
    const { holds, note, asked } = evaluate(`many.all(item, ${condition})`);
    expect(holds).toBe(false);
    expect(note).toContain('more than a condition may');
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThanOrEqual(LIMITS.work / (LENGTH / 64) + 1);
  });
});

describe('what needs no look at them costs nothing', () => {
  test.each([
    'a != short',
    'a != longer',
    '!(a in ["x", "y"])',
    'a.startsWith(short)',
    'a >= short',
  ])('%s', (condition) => {
    const { note, asked } = evaluate(`many.all(item, ${condition})`);
    expect(note).toContain('more than a condition may');
    expect(asked).toBeGreaterThan(LIMITS.work / 10);
  });
});

test('what is given up is not taken for an answer', () => {
  for (const condition of ['a == b || true', 'a < b || true', 'a in {b: 1} || true'])
    expect(evaluate(`many.all(item, ${condition})`).holds).toBe(false);
});

/** Many times what it takes. */
const LIMIT_MS = 250;

test.each([
  'double(digits) > 1.0',
  'many.all(item, double(some) > 1.0 || true)',
  'many.all(item, turns.lastUser().content == "x")',
])('no function looks longer than it pays for: %s', (source) => {
  const startedAt = performance.now();
  expect(evaluate(source).holds).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
});

test.each<[string, boolean]>([
  ['1', true],
  ['+1.', true],
  ['.5', true],
  ['-1.5e-3', true],
  ['1e5', true],
  ['.', false],
  ['e5', false],
  ['1.5.', false],
  ['1e', false],
  ['', false],
])('double("%s") is one: %p', (number, isOne) => {
  expect(evaluate(`double("${number}") > -100.0`).holds).toBe(isOne);
});
