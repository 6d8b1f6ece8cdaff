// The estimate of a prompt's tokens: near another estimator's, and bounded.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { estimateTokenCount } from 'tokenx';
import type { Turn } from '../../core/survey.ts';
import { promptTokensOf } from './prompt-tokens.ts';

const said = (...texts: string[]): Turn[] =>
  texts.map((text) => ({ role: 'user', text, typed: text }));
const tokens = (turns: readonly Turn[], images = false, json = 0) =>
  promptTokensOf({ turns, images }, json);
const ENGLISH =
  'The gateway sends a request to the first candidate of its plan, and to the next one where that fails (before anything was said). ';
const CODE = 'export function add(a: number, b: number): number {\n  return a + b; // 42\n}\n';

describe('the estimate', () => {
  test.each([
    ['English', ENGLISH.repeat(20)],
    ['code', CODE.repeat(20)],
    [
      'German',
      'Die Bestellung ist leider noch nicht bei uns angekommen, obwohl sie schon bezahlt wurde. '.repeat(
        20,
      ),
    ],
  ])('is within a third of tokenx on %s', (_, text) => {
    const ratio = tokens(said(text)) / estimateTokenCount(text);
    expect(ratio).toBeGreaterThan(0.67);
    expect(ratio).toBeLessThan(1.5);
  });

  test('is about a token a sign in Chinese', () => {
    expect(tokens(said('我的订单还没有到，请帮我查一下。'.repeat(10)))).toBeGreaterThan(110);
    expect(tokens(said('我的订单还没有到，请帮我查一下。'.repeat(10)))).toBeLessThan(190);
  });

  test('counts turns, images and what is JSON', () => {
    expect(tokens([])).toBe(1);
    expect(tokens(said('', ''))).toBe(8);
    expect(tokens(said('hello'), true) - tokens(said('hello'))).toBe(1000);
    expect(tokens(said('hello'), false, 420) - tokens(said('hello'))).toBe(100);
  });

  test('a long prompt is as many times its part', () => {
    const part = tokens(said(ENGLISH.repeat(100)));
    const ratio = tokens(said(ENGLISH.repeat(5_000))) / part / 50;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
  });

  test('many short turns are as many times one', () => {
    const ratio =
      tokens(said(...Array<string>(10_000).fill(ENGLISH))) / 10_000 / tokens(said(ENGLISH));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  });
});

describe('whatever is said', () => {
  test('it is a whole number above 0', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.nat(), (texts, json) => {
        const count = tokens(said(...texts), false, json);
        expect(Number.isSafeInteger(count) && count > 0).toBe(true);
      }),
    );
  });

  test.each(['a', ' ', '.', '1', '\n', 'é', '好', '\ud800', 'a1. '])(
    '16 MB of %p cost no more than a page',
    (piece) => {
      const turns = said(piece.repeat(16_000_000 / piece.length));
      const start = performance.now();
      expect(tokens(turns)).toBeGreaterThan(1);
      expect(performance.now() - start).toBeLessThan(500);
    },
  );
});
