// The language of what a user wrote last: short messages in the languages people chat in, and what tells nothing.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Turn } from '../../core/survey.ts';
import { languageOf } from './language.ts';
import { CHAT_MESSAGES } from './language-samples.ts';

const typed = (...texts: string[]): Turn[] =>
  texts.map((text) => ({ role: 'user', text, typed: text }));

describe('short chat messages', () => {
  const all = Object.entries(CHAT_MESSAGES).flatMap(([language, texts]) =>
    texts.map((text) => ({ text, language, found: languageOf(typed(text)) })),
  );

  test('are told apart in 28 languages, 97 of 100 rightly', () => {
    const wrong = all.filter(({ language, found }) => found !== language);
    expect(Object.keys(CHAT_MESSAGES)).toHaveLength(28);
    expect(wrong.length / all.length).toBeLessThan(0.03);
  });

  test.each([
    ['Hola, necesito ayuda', 'es'],
    ['hola', 'es'],
    ['¡Gracias!', 'es'],
    ['hi', 'en'],
    ['Bonjour', 'fr'],
    ['Guten Tag!', 'de'],
    ['谢谢', 'zh'],
    ['고마워', 'ko'],
  ])('%s → %s', (text, language) => expect(languageOf(typed(text))).toBe(language));
});

describe('what does not tell', () => {
  test.each([
    '',
    '  ',
    'ok',
    '42',
    '?',
    '👍',
    '```\nconst x = 1;\n```',
    'https://example.com/hola',
  ])('%p is none', (text) => expect(languageOf(typed(text))).toBe(''));

  test('nobody typed', () => {
    expect(languageOf([])).toBe('');
    expect(
      languageOf([{ role: 'assistant', text: 'Hola, ¿en qué puedo ayudarte?', typed: null }]),
    ).toBe('');
  });

  test('goes by what was typed before it', () => {
    expect(languageOf(typed('Hola, necesito ayuda con mi pedido', 'ok'))).toBe('es');
    expect(languageOf(typed('Hola, necesito ayuda', 'I would rather write English'))).toBe('en');
  });
});

test('code in a message says nothing', () => {
  const code = '```py\nfor line in open(path): print(line.strip())\n```';
  expect(languageOf(typed(`${code}\nWarum funktioniert das hier nicht?`))).toBe('de');
});

describe('whatever is typed', () => {
  test('it is two letters or nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (texts) => {
        expect(languageOf(typed(...texts))).toMatch(/^(?:[a-z]{2})?$/);
      }),
    );
  });

  test.each(['a', '`', '``` ', 'x@', 'https://', '\u0301', '\ud800', 'ß '])(
    'a megabyte of %p takes no longer than a page',
    (piece) => {
      const text = piece.repeat(1_000_000 / piece.length);
      languageOf(typed(text.slice(0, 5_000)));
      const start = performance.now();
      languageOf(typed(text));
      expect(performance.now() - start).toBeLessThan(500);
    },
  );
});
