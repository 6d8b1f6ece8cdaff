// Where the two parts of an answer meet: nothing said twice, nothing lost, however the words come.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ContinuationStyle, Overlap } from './overlap.ts';
import { isHighSurrogate, lastWords, wholeCharacters } from './seam-words.ts';

/** What of the delivered text the request holds, as `continueCall` sends it. */
function sentOf(delivered: string, style: ContinuationStyle): string {
  if (style === 'fresh') return '';
  const whole = wholeCharacters(delivered);
  return style === 'prefill' ? whole.trimEnd() : whole;
}

function shown(
  delivered: string,
  style: ContinuationStyle,
  pieces: readonly string[],
  sent = sentOf(delivered, style),
): string {
  const overlap = new Overlap(delivered, style, sent);
  return pieces.map((piece) => overlap.push(piece)).join('') + overlap.end();
}

function joined(delivered: string, style: ContinuationStyle, ...pieces: string[]): string {
  return delivered + shown(delivered, style, pieces);
}

function cutUp(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
}

describe('a request in words', () => {
  const cases: readonly [string, string, string, string][] = [
    ['the words asked for', 'The quick bro', 'The quick brown fox', 'The quick brown fox'],
    ['none, in the middle of a word', 'The quick bro', 'wn fox', 'The quick brown fox'],
    ['none, after a blank', 'The quick ', 'brown fox', 'The quick brown fox'],
    ['none, before a blank', 'The quick', ' brown fox', 'The quick brown fox'],
    ['the last word', 'I like the bro', 'brown fox', 'I like the brown fox'],
    ['the word it was cut in', 'one two wo', 'word three', 'one two word three'],
    ['the next sentence of many alike', 'A b c. A b c. A', ' b c. End', 'A b c. A b c. A b c. End'],
    ['a word said before, after a blank', 'It was, it was', ' was it', 'It was, it was was it'],
    ['the last short word', 'It costs 1', '1 dollar', 'It costs 1 dollar'],
    ['what only looks like it', 'It costs a', 'and b', 'It costs aand b'],
    ['blanks before it', 'one two three', '\n\none two three four', 'one two three four'],
    ['blanks without it', 'One.', '\n\nTwo.', 'One.\n\nTwo.'],
    ['the blanks after it too', 'One.\n\n', 'One.\n\nTwo.', 'One.\n\nTwo.'],
    ['fewer blanks than there were', 'One.\n\n', 'One.\nTwo.', 'One.\n\nTwo.'],
    ['more blanks than there were', 'One.\n', 'One.\n\nTwo.', 'One.\n\nTwo.'],
    ['nothing but the words asked for', 'All is said.', 'All is said.', 'All is said.'],
    ['half of them, and no more', 'All is said and done.', 'All is said', 'All is said and done.'],
    ['nothing at all', 'All is said.', '', 'All is said.'],
    ['a blank and no more', 'All is said.', '\n', 'All is said.\n'],
    [
      'a numbered list',
      '1. one\n2. two\n3',
      '3. three\n4. four',
      '1. one\n2. two\n3. three\n4. four',
    ],
    ['a numbered list, exactly', '1. one\n2. two\n', '3. three', '1. one\n2. two\n3. three'],
    [
      'a row like the last ones',
      '| a |\n| a |\n| a |\n',
      '| a |\n| b |',
      '| a |\n| a |\n| a |\n| a |\n| b |',
    ],
    ['JSON from its beginning', '{"a": 1, "b', '{"a": 1, "b": 2}', '{"a": 1, "b": 2}'],
    ['JSON, exactly', '{"a": 1, "b', '": 2}', '{"a": 1, "b": 2}'],
    ['JSON after a blank', '{"a": 1, "b": ', '"b": 2}', '{"a": 1, "b": 2}'],
    ['no closing bracket lost', '{"a": {"b": 1}', '}', '{"a": {"b": 1}}'],
    ['no equal digits lost', '{"a": [1, 1, 1,', ' 1, 1]}', '{"a": [1, 1, 1, 1, 1]}'],
    ['code', 'if (x) {\n  return y;\n', '  return y;\n}\n', 'if (x) {\n  return y;\n}\n'],
    ['words without blanks', '今天天气很好', '天气很好,我们', '今天天气很好,我们'],
    ['a doubled character', '多谢', '谢你', '多谢谢你'],
    ['the other line end', 'One line\r\nTwo', 'One line\nTwo lines', 'One line\r\nTwo lines'],
    ['the other line end here', 'One line\nTwo', 'One line\r\nTwo lines', 'One line\nTwo lines'],
    ['the other line end at the seam', 'One line\r\n', 'One line\nTwo', 'One line\r\nTwo'],
    ['the same line end at the seam', 'One line\r', 'One line\r\nTwo', 'One line\r\nTwo'],
  ];
  for (const [name, delivered, said, whole] of cases)
    test(name, () => {
      expect(joined(delivered, 'prompt', said)).toBe(whole);
      expect(joined(delivered, 'prompt', ...said)).toBe(whole);
    });

  test('words asked for that stand in the text more than once are taken for those asked for', () => {
    const delivered = 'ha '.repeat(60).trim();
    const said = `${lastWords(delivered)} ha ha!`;
    expect(joined(delivered, 'prompt', said)).toBe(`${delivered} ha ha!`);
  });

  test('an answer begun anew that was cut too shows nothing', () => {
    const delivered =
      'It begins with a sentence. It goes on with another one that is much longer, and ';
    expect(shown(delivered, 'prompt', ['It begins with a sentence. It goes'])).toBe('');
    // The same words may be a refrain where nothing was asked for.
    expect(shown(delivered, 'prefill', ['It begins with a sentence. It goes'])).not.toBe('');
  });

  test('another answer is told, and nothing of it cut that was not said before', () => {
    const delivered = 'It begins with a sentence. And then';
    const other = 'It begins with a question. And then?';
    const overlap = new Overlap(delivered, 'prompt', delivered);
    expect(overlap.push('It begins with a ')).toBe('');
    expect(overlap.isAnotherAnswer).toBe(false);
    expect(overlap.push('question. And then?') + overlap.end()).toBe(other);
    expect(overlap.isAnotherAnswer).toBe(true);
    for (const said of [` ${delivered} it`, 'And then it', ' it ends', 'It ends', '']) {
      const fine = new Overlap(delivered, 'prompt', delivered);
      fine.push(said);
      fine.end();
      expect(fine.isAnotherAnswer).toBe(false);
    }
    // A native continuation has no reason to.
    const native = new Overlap(delivered, 'prefill', delivered);
    expect(native.push(other) + native.end()).toBe(other);
    expect(native.isAnotherAnswer).toBe(false);
  });
});

describe('a native continuation', () => {
  const cases: readonly [string, string, string, string][] = [
    ['goes on', 'The quick', ' brown fox', 'The quick brown fox'],
    ['goes on inside a word', 'The quick bro', 'wn fox', 'The quick brown fox'],
    ['says the blank again that was not sent', 'The quick ', ' brown fox', 'The quick brown fox'],
    ['does without it', 'The quick ', 'brown fox', 'The quick brown fox'],
    ['says more than was delivered', 'One.\n', '\n\nTwo.', 'One.\n\nTwo.'],
    ['says the other line end', 'One.\r\n', '\nTwo.', 'One.\r\nTwo.'],
    ['says the other line end here', 'One.\n', '\r\nTwo.', 'One.\nTwo.'],
    ['says a word twice because it is so', 'I had', ' had enough', 'I had had enough'],
    ['says a syllable twice because it is so', 'ha', 'ha', 'haha'],
    [
      'says some words again',
      'So long, and thanks for all of',
      'thanks for all of the fish',
      'So long, and thanks for all of the fish',
    ],
    ['begins anew', 'The quick bro', 'The quick brown fox', 'The quick brown fox'],
    [
      'goes round',
      '0, 0, 0, 0, 0, 0, 0, 0',
      ', 0, 0, 0, 0, 0, 0, 0]',
      '0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]',
    ],
    [
      'goes round in words',
      'row row row row row ',
      'row row row row row',
      'row row row row row row row row row row',
    ],
  ];
  for (const [name, delivered, said, whole] of cases)
    test(name, () => {
      expect(joined(delivered, 'prefill', said)).toBe(whole);
      expect(joined(delivered, 'prefill', ...said)).toBe(whole);
    });

  test('the caller’s own beginning may come back with it', () => {
    const pieces = ['Once upon a ti', 'me there was'];
    expect(shown(' a time', 'prefill', pieces, 'Once upon a time')).toBe(' there was');
    expect(shown(' a time', 'prefill', [' there was'], 'Once upon a time')).toBe(' there was');
  });
});

describe('an answer from its beginning', () => {
  test('comes as it is', () => {
    expect(shown('', 'fresh', ['One', ' two'])).toBe('One two');
    expect(joined('\n\n', 'fresh', '\n\nOne')).toBe('\n\nOne');
  });
});

test('what cannot be a repetition is not held back', () => {
  const overlap = new Overlap('The cat sat on the mat', 'prefill', 'The cat sat on the mat');
  expect(overlap.push(' because')).toBe(' because');
  const asked = new Overlap('The cat sat on the mat', 'prompt', 'The cat sat on the mat');
  expect(asked.push('on the')).toBe('');
  expect(asked.push(' mat')).toBe('');
  expect(asked.push(' of')).toBe(' of');
  expect(asked.push(' the')).toBe(' the');
  expect(asked.end()).toBe('');
});

test('no character is shown by halves', () => {
  const [high = '', low = ''] = '😀'.split('');
  const overlap = new Overlap('Hi', 'prefill', 'Hi');
  expect(overlap.push(` ${high}`)).toBe(' ');
  expect(overlap.push(low)).toBe('😀');
  // Half of it was delivered; the whole comes again.
  expect(joined(`Hi ${high}`, 'prefill', ' 😀!')).toBe('Hi 😀!');
  expect(joined(`Hi ${high}`, 'prompt', '😀!')).toBe('Hi 😀!');
  expect(joined(`Hi ${high}`, 'prompt', 'Hi 😀!')).toBe('Hi 😀!');
});

const gaps = [
  ' ',
  ' ',
  ' ',
  '\n',
  '\r\n',
  ', ',
  '. ',
  '\n\n- ',
  '": "',
  ' 😀 ',
  '    ',
  '(',
  ' = ',
];
/** A text whose words are all different, cut anywhere. */
const texts = fc
  .array(fc.record({ gap: fc.constantFrom(...gaps), cjk: fc.boolean() }), {
    minLength: 2,
    maxLength: 40,
  })
  .map((parts) =>
    parts
      .map(({ gap, cjk }, at) => (cjk ? String.fromCharCode(0x4e00 + at * 3) : `word${at}x`) + gap)
      .join(''),
  );
const cuts = fc
  .tuple(texts, fc.nat(), fc.array(fc.nat(), { maxLength: 6 }))
  .map(([text, place, places]) => {
    const delivered = text.slice(0, 1 + (place % (text.length - 1)));
    return { text, delivered, places };
  });

/** Where words begin in what was delivered, so that at least `chars` follow. */
function wordStarts(delivered: string, chars: number): number[] {
  const core = wholeCharacters(delivered).trimEnd();
  return [...core.matchAll(/word/g)]
    .map(({ index }) => index)
    .filter((index) => core.length - index >= chars);
}

describe('whatever the text and wherever it is cut', () => {
  test('an exact continuation is joined to the letter', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.constantFrom('prefill', 'prompt'),
        ({ text, delivered, places }, style) => {
          const rest = text.slice(sentOf(delivered, style as ContinuationStyle).length);
          expect(joined(delivered, style as ContinuationStyle, ...cutUp(rest, places))).toBe(text);
        },
      ),
    );
  });

  test('the words asked for are not said twice', () => {
    fc.assert(
      fc.property(cuts, ({ text, delivered, places }) => {
        const quote = lastWords(delivered);
        const from = wholeCharacters(delivered).trimEnd().length - quote.length;
        expect(joined(delivered, 'prompt', ...cutUp(text.slice(from), places))).toBe(text);
      }),
    );
  });

  test('the whole is not said twice', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.constantFrom('prefill', 'prompt'),
        ({ text, delivered, places }, style) => {
          // Of a single letter nobody knows.
          fc.pre(delivered.trimEnd().length > 3);
          expect(joined(delivered, style as ContinuationStyle, ...cutUp(text, places))).toBe(text);
        },
      ),
    );
  });

  test('any number of the last words is not said twice', () => {
    fc.assert(
      fc.property(cuts, fc.nat(), ({ text, delivered, places }, pick) => {
        const starts = wordStarts(delivered, 4);
        fc.pre(starts.length > 0);
        const rest = text.slice(starts[pick % starts.length]);
        expect(joined(delivered, 'prompt', ...cutUp(rest, places))).toBe(text);
      }),
    );
  });

  test('three and more of them not natively either', () => {
    fc.assert(
      fc.property(cuts, fc.nat(), ({ text, delivered, places }, pick) => {
        const starts = wordStarts(delivered, 24);
        fc.pre(starts.length > 0);
        const from = starts[pick % starts.length] ?? 0;
        fc.pre((delivered.slice(from).match(/word/g) ?? []).length >= 3);
        expect(joined(delivered, 'prefill', ...cutUp(text.slice(from), places))).toBe(text);
      }),
    );
  });
});

const odd = fc
  .array(fc.constantFrom('a', 'ab', 'b', ' ', '\n', '\r\n', '\r', '-', '1', '好', '😀', '"'), {
    maxLength: 24,
  })
  .map((parts) => parts.join(''));
const styles = fc.constantFrom<ContinuationStyle>('fresh', 'prefill', 'prompt');

describe('whatever comes', () => {
  test('it does not matter in which pieces', () => {
    fc.assert(
      fc.property(
        odd,
        odd,
        styles,
        fc.array(fc.nat(), { maxLength: 8 }),
        (before, after, style, places) => {
          expect(shown(before, style, cutUp(after, places))).toBe(shown(before, style, [after]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('only what was delivered is cut, only from the beginning', () => {
    const plain = (text: string) => text.replaceAll('\r', '');
    fc.assert(
      fc.property(odd, odd, styles, (before, after, style) => {
        const out = shown(before, style, [after]);
        expect(after.endsWith(out)).toBe(true);
        const cut = after.slice(0, after.length - out.length);
        expect(plain(before)).toContain(plain(cut).trimStart());
      }),
      { numRuns: 500 },
    );
  });

  test('no piece ends inside a character', () => {
    fc.assert(
      fc.property(
        odd,
        odd,
        styles,
        fc.array(fc.nat(), { maxLength: 8 }),
        (before, after, style, places) => {
          const overlap = new Overlap(before, style, sentOf(before, style));
          for (const piece of cutUp(after, places)) {
            const out = overlap.push(piece);
            expect(isHighSurrogate(out.charCodeAt(out.length - 1))).toBe(false);
          }
        },
      ),
    );
  });
});

test('the time is linear in the worst texts', () => {
  const size = 100_000;
  const worst = ['a', 'ab', 'a ', 'x\n', '-', '😀', 'ab ab b ', ' '].map((round) =>
    round.repeat(size / round.length),
  );
  const started = performance.now();
  for (const delivered of worst)
    for (const style of ['prefill', 'prompt'] as const) {
      const said = `${delivered.slice(1)}${delivered.slice(0, -1)}!`;
      const pieces = said.match(/[\s\S]{1,7}/g) ?? [];
      expect(shown(delivered, style, pieces).endsWith('!')).toBe(true);
      shown(delivered, style, [delivered.slice(1, -1)]);
    }
  // Squares of these sizes would take minutes.
  expect(performance.now() - started).toBeLessThan(8000);
});
