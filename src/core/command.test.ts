// What is a slash command, and which one: the same for who looks for the one in force and for who cuts them.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { commandAt } from './command.ts';

const nameOf = (text: string, ...known: readonly string[]) =>
  commandAt(text, new Set(known))?.name ?? null;

test('is told in any case, as it is known', () => {
  const known = new Set(['Fix', 'review']);
  for (const [typed, name] of [
    ['/Fix it', 'Fix'],
    ['/fix it', 'Fix'],
    ['/FIX it', 'Fix'],
    ['/REVIEW', 'review'],
  ] as const)
    expect(commandAt(typed, known)?.name).toBe(name);
  expect(commandAt('/fixed', known)).toBeNull();
});

describe('what looks like one', () => {
  test.each<[string, string, number]>([
    ['/review', 'review', 7],
    ['/review this', 'review', 7],
    ['/review\nthis', 'review', 7],
    ['/Fix-it_2 now', 'fix-it_2', 9],
    [`/${'x'.repeat(64)} y`, 'x'.repeat(64), 65],
  ])('%p', (text, name, length) => {
    expect(commandAt(text, null)).toEqual({ name, length });
  });

  test.each([
    ...['', '/', '/ x', '//comment', '/?', '/24 hours', '1/2', 'see /review', ' /review'],
    ...['/usr/bin/env', '/tmp/a.txt is gone', '/review: this', '/grün', `/${'x'.repeat(65)}`],
  ])('%p does not', (text) => {
    expect(commandAt(text, null)).toBeNull();
    // Nor where somebody asks for it by that name: who is in force and what is cut go by one rule.
    expect(commandAt(text, new Set([text.slice(1), text.slice(1).split(' ')[0] ?? '']))).toBeNull();
  });
});

describe('which one it means', () => {
  test('as it is spelt, where it is known so', () => {
    expect(nameOf('/Review this', 'Review')).toBe('Review');
    expect(nameOf('/Review this', 'review', 'Review')).toBe('Review');
    expect(nameOf('/review this', 'review', 'Review')).toBe('review');
  });

  test('else in lower case, else as it is spelt', () => {
    expect(nameOf('/Review this', 'review')).toBe('review');
    expect(nameOf('/REVIEW this', 'review', 'Review')).toBe('review');
    expect(nameOf('/review this', 'Review')).toBe('Review');
    expect(nameOf('/REVIEW this', 'Review')).toBe('Review');
  });

  test('none that nobody knows', () => {
    expect(nameOf('/reviews this', 'review')).toBeNull();
    expect(nameOf('/review this')).toBeNull();
  });

  test('/model counts with everybody, in any case', () => {
    for (const text of ['/model', '/Model fast', '/MODEL']) {
      expect(nameOf(text)).toBe('model');
      expect(nameOf(text, 'Model', 'MODEL')).toBe('model');
      expect(commandAt(text, null)?.name).toBe('model');
    }
    expect(nameOf('/models')).toBeNull();
  });
});

test('whatever is typed, it is what the text begins with', () => {
  const word = fc.constantFrom('/', 'a', 'A', 'model', 'Model', '-', '1', ' ', '\n', 'ſ', 'K');
  const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(''));
  fc.assert(
    fc.property(text, fc.option(fc.array(text)), (typed, known) => {
      const command = commandAt(typed, known && new Set(known));
      if (command === null) return;
      expect(typed.slice(0, command.length).toLowerCase()).toBe(`/${command.name.toLowerCase()}`);
      if (known !== null) expect([...known, 'model']).toContain(command.name);
    }),
    { numRuns: 2000 },
  );
});
