// Every broken text is pointed at where it breaks, and no whole one is called broken.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { brokenAt } from './json-position.ts';

describe('brokenAt', () => {
  test.each([
    ['{"a":1,}', 7],
    ['{"a": 1 "b": 2}', 8],
    ['{"a":', 5],
    ['hello', 0],
    ['{"a":"x\ny"}', 5],
    ['{a:1}', 1],
    ['[1, 2', 5],
    ['{"a":1} x', 8],
    ['', 0],
  ])('%j breaks at %d', (text, at) => {
    expect(brokenAt(text)).toBe(at);
  });

  test('agrees with JSON.parse on what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(brokenAt(text)).toBeNull();
        for (let cut = 0; cut < text.length; cut++) {
          const prefix = text.slice(0, cut);
          let whole = true;
          try {
            JSON.parse(prefix);
          } catch {
            whole = false;
          }
          expect(brokenAt(prefix) === null).toBe(whole);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('gives up on nesting too deep, without failing', () => {
    expect(brokenAt('['.repeat(1_000_000))).toSatisfy((at) => at === null || at === 1_000_000);
  });
});
