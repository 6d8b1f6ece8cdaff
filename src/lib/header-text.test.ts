// What senders write into headers beyond ASCII comes out as they wrote it.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { asHeader, headerText } from './header-text.ts';

/** As a header is handed on: each byte a character. */
const received = (bytes: Uint8Array) =>
  new Headers({ 'x-user': Buffer.from(bytes).toString('latin1') });

test('UTF-8 is read as such, whatever it says', () => {
  expect(headerText(received(Buffer.from('José 日本 🙂')), 'x-user')).toBe('José 日本 🙂');
  const letters = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text));
  fc.assert(
    fc.property(letters, (text) => {
      const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
      expect(headerText(received(Buffer.from(trimmed)), 'x-user')).toBe(trimmed);
    }),
  );
});

test('what is not UTF-8 is taken as it is; what is not there is null', () => {
  expect(headerText(received(new Uint8Array([0x4a, 0xe9])), 'x-user')).toBe('Jé');
  expect(headerText(received(Buffer.from('plain')), 'x-user')).toBe('plain');
  expect(headerText(new Headers(), 'x-user')).toBeNull();
});

test('any text can be put into a header; ASCII stands there as it is', () => {
  for (const text of ['openai/gpt-5.4', 'a b', '100%', 'a%20b', ''])
    expect(asHeader(text)).toBe(text);
  expect(asHeader('up/模型 100%')).toBe('up/%E6%A8%A1%E5%9E%8B%20100%25');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const value = new Response('', { headers: { 'x-model': asHeader(text) } }).headers.get(
        'x-model',
      );
      expect(value).toBe(asHeader(text));
      if (value !== text) expect(decodeURIComponent(value ?? '')).toBe(text.toWellFormed());
    }),
  );
});
