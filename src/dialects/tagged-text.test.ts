// A text is read in one pass, whatever is in it: eight times the text takes about eight times as long, with every tag there is.
import { describe, expect, test } from 'bun:test';
import { MOST_TAGS } from './tagged-text-tags.ts';
import { TAGS, typedOf, typedStart } from './typed-text.ts';

const SHORT = 20_000;
const LONG = 8 * SHORT;

/** A text of about so many characters, made of an opening and a closing tag. */
type Shape = (opening: string, closing: string, chars: number) => string;

const times = (word: string, chars: number) => word.repeat(Math.ceil(chars / word.length));

const SHAPES: Readonly<Record<string, Shape>> = {
  'never closed': (opening, _, chars) => times(opening, chars),
  'never opened': (_, closing, chars) => times(closing, chars),
  'closed once': (opening, closing, chars) => `${times(opening, chars)}${closing} x`,
  'with words, closed once': (opening, closing, chars) =>
    `${times(`${opening}x `, chars)}${closing}`,
  'inside each other': (opening, closing, chars) => {
    const depth = chars / (opening + closing).length;
    return `${opening.repeat(depth)}${closing.repeat(depth)} x`;
  },
  'after each other': (opening, closing, chars) => times(`${opening}${closing}`, chars),
  'with words, after each other': (opening, closing, chars) =>
    times(`${opening}a${closing} x`, chars),
  'twice opened, once closed': (opening, closing, chars) =>
    times(`${opening}${opening}${closing}`, chars),
  'twice opened, closed in the end': (opening, closing, chars) => {
    const depth = chars / (opening + opening + closing + closing).length;
    return `${`${opening}${opening}${closing}`.repeat(depth)}${closing.repeat(depth)} x`;
  },
  'with attributes': (opening, closing, chars) =>
    `${times(opening.replace('>', ' a="b">'), chars)}${closing}`,
  'beside others': (opening, closing, chars) =>
    ['<command-args>', '<command-contents></command-contents>', '<task>', '<system-reminder>']
      .map((other) => times(`${other}${opening}`, chars / 8))
      .concat(times(closing, chars / 4), '</command-args><command-contents></command-contents>')
      .join(''),
  'after empty wrappers': (opening, closing, chars) => {
    const depth = chars / `<user_query></user_query>${opening}${closing}`.length;
    return `${`<user_query></user_query>${opening}`.repeat(depth)}${closing.repeat(depth)} x`;
  },
  'after much white space': (opening, closing, chars) =>
    `<hook_prompt></hook_prompt>${' '.repeat(chars / 2)}x${times(opening, chars / 2)}${closing}`,
  'before much white space': (opening, closing, chars) =>
    `${times('<command-args>', chars / 2)}</command-args>${opening}${' '.repeat(chars / 2)}${closing}`,
  'closed after much white space': (opening, closing, chars) =>
    `${times(opening, chars / 2)}${' '.repeat(chars / 2)}${closing}${' '.repeat(chars / 2)}`,
};

/** The best of two, so that other work on the machine counts little. */
function milliseconds(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round++) {
    const startedAt = performance.now();
    work();
    best = Math.min(best, performance.now() - startedAt);
  }
  return best;
}

describe.each(Object.entries(SHAPES))('%s', (_, shape) => {
  test('eight times as much takes no more than three times the eightfold', () => {
    for (const name of TAGS.keys()) {
      const [short, long] = [SHORT, LONG].map((chars) => {
        const text = shape(`<${name}>`, `</${name}>`, chars);
        return milliseconds(() => typedOf([text]));
      });
      // With the square of the length it would be 64 times as much.
      expect(long, name).toBeLessThan(24 * (short ?? 0) + 60);
    }
  });
});

test('more tags than anybody writes are words', () => {
  const many = '<hook_prompt></hook_prompt>'.repeat(MOST_TAGS / 2);
  expect(typedOf([`${many} x`])).toBe('x');
  expect(typedOf([`${many} <task>x</task>`])).toBe('<task>x</task>');
});

/** Many times what it takes; with the square of the length it would be minutes. */
const LIMIT_MS = 4000;

test.each([
  ...['<', '>', '/x', ' ', '\n', 'word', '<a b', '<a ', '</', '<task> ', '</task>'],
  ...['# AGENTS.md instructions', '</INSTRUCTIONS>', '## My request for Codex:'],
  '<hook_prompt a></hook_prompt>',
  '<command-args></command-args>',
  '<command-contents></command-contents> ',
  '<command-name></command-name><command-args>',
  '<command-name>x</command-name>',
])('two megabytes of %p take no longer than as much of anything', (word) => {
  const much = times(word, 2_000_000);
  const startedAt = performance.now();
  for (const text of [
    much,
    `x${much}`,
    `${much}</task></user_query></skill></system-reminder></command-args>`,
    `<user_query>${much}</user_query>`,
    `<command-args>${much}</command-args>`,
  ]) {
    typedOf([text]);
    typedStart([text]);
  }
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
});
