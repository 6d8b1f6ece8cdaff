// What of a provider's error message is kept: nothing the request said.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../core/errors.ts';
import { QUOTED, withoutPut, withoutRuns } from './without-quotes.ts';

const PROMPT = 'Our merger with the Contoso company is planned for Tuesday, tell nobody of it.';

test('what stands in the request is blotted out, wherever it stands in either', () => {
  const message = (part: string) => `Invalid content "${part}" at messages[0]`;
  for (let from = 0; from + 24 <= PROMPT.length; from++)
    expect(withoutRuns(message(PROMPT.slice(from, from + 24)), [PROMPT])).toBe(message(QUOTED));
  expect(withoutRuns(`${PROMPT.slice(0, 30)} / ${PROMPT.slice(40)}`, ['x', PROMPT])).toBe(
    `${QUOTED} / ${QUOTED}`,
  );
});

test('of a provider’s error nothing is told that a router put to the request', () => {
  const error = new GatewayError('upstream_error', `Too long: "${PROMPT}"`, { param: PROMPT });
  const told = withoutPut(error, [PROMPT]);
  expect([told.code, told.message, told.details.param]).toEqual([
    'upstream_error',
    `Too long: "${QUOTED}"`,
    QUOTED,
  ]);
  expect(withoutPut(error, ['Other words that are in none of its messages.'])).toBe(error);
});

test('shorter runs, and what the request does not say, stay', () => {
  for (const message of [PROMPT.slice(3, 26), 'The model is overloaded, come back later.', ''])
    expect(withoutRuns(message, [PROMPT])).toBe(message);
});

test('no run of the request is left in any message', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 80 });
  fc.assert(
    fc.property(letters, letters, letters, (before, text, after) => {
      const told = withoutRuns(before + text + after, [text]);
      for (const part of told.split(QUOTED))
        for (let from = 0; from + 24 <= part.length; from++)
          expect(text.includes(part.slice(from, from + 24))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a long request costs milliseconds, whatever is in it', () => {
  const text = 'A sentence of the request that says nothing much, number '.repeat(40_000);
  const message = 'No word of this message stands in what was asked of the provider. '.repeat(30);
  const rules = '------------='.repeat(150);
  const began = performance.now();
  expect(withoutRuns(message, [text])).toBe(message);
  expect(withoutRuns('a'.repeat(2000), ['a'.repeat(1_000_000)])).toBe(QUOTED);
  expect(withoutRuns(rules, ['------------+'.repeat(100_000)])).not.toContain('+');
  expect(performance.now() - began).toBeLessThan(2000);
});

test('what repeats itself is blotted out to its end', () => {
  expect(withoutRuns(`!${'a'.repeat(81)}!`, ['a'.repeat(40)])).toBe(`!${QUOTED}!`);
});
