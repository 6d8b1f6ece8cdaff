// The slash command in force.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Turn, TurnRole } from '../../core/survey.ts';
import { commandOf } from './command.ts';

const turn = (typed: string | null, role: TurnRole = 'user'): Turn => ({
  role,
  text: typed ?? 'said',
  typed,
});
const typed = (...texts: (string | null)[]) => texts.map((text) => turn(text));
const known = new Set(['review', 'code']);

describe('the command in force', () => {
  test.each<[string, (string | null)[], string]>([
    ['is the one a turn begins with', ['/review this file'], 'review'],
    ['may stand alone', ['/review'], 'review'],
    ['may be followed by a new line', ['/review\nthis'], 'review'],
    ['may have blanks before it', [`${' '.repeat(40)}\n/code x`], 'code'],
    ['is read in any case', ['/Review x'], 'review'],
    ['stays in force in later turns', ['/review a', 'and b', 'and c'], 'review'],
    ['is the last of several', ['/review a', '/code b'], 'code'],
    ['stays where a later turn was not typed', ['/code b', null], 'code'],
    ['ends with /model', ['/review a', '/model', 'go on'], ''],
    ['begins again after /model', ['/review a', '/model', '/code b'], 'code'],
    ['is none in the middle of a turn', ['please /review this'], ''],
    ['is none where the name goes on', ['/reviews a'], ''],
    ['is none of those nobody knows', ['/compact', 'hello'], ''],
    ['is not hidden by one nobody knows', ['/review a', '/compact'], 'review'],
    ['is none without a turn', [], ''],
  ])('%s', (_, texts, expected) => {
    expect(commandOf(typed(...texts), known)).toBe(expected);
  });

  test('is whatever looks like one where any counts, but no path', () => {
    expect(commandOf(typed('/fix-it_2 now'), null)).toBe('fix-it_2');
    for (const text of [
      '/usr/bin/env',
      '/tmp/a.txt is gone',
      '//comment',
      '/ x',
      '/?',
      '/24 hours',
      '1/2',
    ])
      expect(commandOf(typed(text), null)).toBe('');
  });

  test('keeps the case in which it is known', () => {
    const both = new Set(['Review', 'review']);
    expect(commandOf(typed('/Review a'), both)).toBe('Review');
    expect(commandOf(typed('/REVIEW a'), both)).toBe('review');
    const mixed = new Set(['Review']);
    expect(commandOf(typed('/Review a'), mixed)).toBe('Review');
    expect(commandOf(typed('/code a', '/review a'), mixed)).toBe('Review');
  });

  test('/model is no command even where it is known', () => {
    for (const text of ['/model fast', '/Model', '/MODEL\nfast'])
      for (const names of [known, new Set(['model', 'Model']), null])
        expect(commandOf(typed('/review a', text), names)).toBe('');
  });

  test('goes by what was typed, not by what was said', () => {
    const said: Turn = { role: 'assistant', text: '/review', typed: null };
    expect(commandOf([turn('/code a'), said], null)).toBe('code');
  });
});

describe('whatever is typed', () => {
  test('it is a name or nothing', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `/${rest}`),
    );
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(commandOf(typed(...texts), null)).toMatch(/^(?:[a-z][a-z0-9_-]*)?$/);
      }),
    );
  });

  test.each([' ', '/', 'a', '/a'])('megabytes of %p cost nothing', (piece) => {
    const text = piece.repeat(4_000_000);
    const start = performance.now();
    expect(commandOf(typed(text, text, text), null)).toBe('');
    expect(performance.now() - start).toBeLessThan(500);
  });
});
