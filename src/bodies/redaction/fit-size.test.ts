// Bodies cut to size: JSON stays JSON, characters stay whole, and the size holds.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { fitJson, fitText } from './fit-size.ts';

test('what fits is not touched', () => {
  expect(fitJson({ a: 'ä' }, 10)).toEqual({ text: '{"a":"ä"}', cut: false });
  expect(fitText('äöü', 6)).toEqual({ text: 'äöü', cut: false });
});

test('the longest strings go first', () => {
  const { text, cut } = fitJson({ long: '😀'.repeat(50_000), short: 'x'.repeat(60) }, 2000);
  expect(cut).toBe(true);
  const kept = JSON.parse(text) as { long: string; short: string };
  expect(kept.short).toBe('x'.repeat(60));
  expect(kept.long).toBe(`${'😀'.repeat(128)}…[cut: ${100_000 - 256} more characters]`);
});

test('no size is exceeded and no character is broken', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.integer({ min: 1, max: 300 }),
      (text, max) => {
        const fitted = fitText(text, max);
        expect(Buffer.byteLength(fitted.text)).toBeLessThanOrEqual(max);
        expect(text.toWellFormed().startsWith(fitted.text)).toBe(true);
        expect(fitted.cut).toBe(
          fitted.text !== text.toWellFormed() || Buffer.byteLength(text) > max,
        );
        expect(Buffer.byteLength(fitJson([text, text], max).text)).toBeLessThanOrEqual(max);
      },
    ),
  );
});
