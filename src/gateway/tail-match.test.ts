// The end of a text found at the beginning of another, against the plain way to look for it.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { TailMatch } from './tail-match.ts';

const texts = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'aab', ' '), { maxLength: 12 })
  .map((parts) => parts.join(''));

/** Every end of the text that fits the beginning of what came, as far as that goes; longest first. */
function possible(text: string, came: string): number[] {
  const lengths = Array.from({ length: text.length }, (_, at) => text.length - at);
  return lengths.filter((length) => {
    const end = text.slice(-length);
    return end.startsWith(came) || came.startsWith(end);
  });
}

test('it says how long the longest is, and says so as soon as it is known', () => {
  fc.assert(
    fc.property(texts, texts, (text, came) => {
      const match = new TailMatch(text);
      let done = false;
      for (let at = 0; at < came.length && !done; at++) {
        done = match.push(came.charCodeAt(at));
        const [longest = 0] = possible(text, came.slice(0, at + 1));
        expect(done).toBe(longest <= at + 1);
        if (done) expect(match.overlap).toBe(longest);
      }
      if (done) return;
      match.end();
      expect(match.overlap).toBe(possible(text, came).find((length) => length <= came.length) ?? 0);
    }),
    { numRuns: 300 },
  );
});

function fed(text: string, came: string): TailMatch {
  const match = new TailMatch(text);
  for (const character of came) if (match.push(character.charCodeAt(0))) break;
  match.end();
  return match;
}

test('the next shorter ones follow', () => {
  const match = fed('xabab', 'ababa');
  expect(match.overlap).toBe(4);
  expect(match.shorter(4)).toBe(2);
  expect(match.shorter(2)).toBe(0);
});

test('it knows a text that goes round', () => {
  expect(fed('a b, c, c', 'c').goesRound(1, ', ')).toBe(true);
  expect(fed('a b, d, c', 'c').goesRound(1, ', ')).toBe(false);
  expect(fed('ab ab ab', 'ab ab ab').isRounds(8, ' ')).toBe(true);
  expect(fed('ab ab ab', 'ab ab ab').isRounds(8, '\n')).toBe(false);
  expect(fed('ab ac', 'ab ac').isRounds(5, ' ')).toBe(false);
});
