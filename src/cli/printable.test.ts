// Nothing that others wrote reaches the terminal as a command, and nothing of it is lost.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { printable, printableCsv, printableJson, printableLines } from './printable.ts';

const COMMANDS = /[\p{Cc}\u202e\u2066]/u;

test('controls are shown, in members and their names', () => {
  const row = { user: 'a\u001b[31mred\u009b2J\r\n', 'na\u0007me': ['\u202egpj', 7, null] };
  expect<unknown>(printable(row)).toEqual({
    user: 'a\\u001b[31mred\\u009b2J\\u000d\\u000a',
    'na\\u0007me': ['\\u202egpj', 7, null],
  });
  expect(printable('José 日本 🙂')).toBe('José 日本 🙂');
  expect(printableLines('one\ntwo\u001b')).toBe('one\ntwo\\u001b');
});

test('JSON says the same with them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const told = printableJson({ text: `${text}\u009b\u202e` });
      expect(told).not.toMatch(COMMANDS);
      expect(JSON.parse(told)).toEqual({ text: `${text}\u009b\u202e` });
    }),
  );
});

test('CSV keeps the ends of its lines, and nothing else that is a control', () => {
  expect(printableCsv('user,cost\r\n"a,\u001b[2J\nb",1\r\n')).toBe(
    'user,cost\r\n"a,\\u001b[2J\\u000ab",1\r\n',
  );
});
