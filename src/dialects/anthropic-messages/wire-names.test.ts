// Names and packed signatures: any text goes in, a lawful one comes out, and the same text comes back.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { pack, unpack } from './foreign-signature.ts';
import { fromWireName, toWireName } from './wire-names.ts';

test.each([
  ['get_weather', 'get_weather'],
  ['a-b', 'a-b'],
  ['files.read', 'sy__files-2eread'],
  ['a-b.c', 'sy__a-2db-2ec'],
  ['sy__x', 'sy__sy__x'],
  ['é', 'sy__-c3-a9'],
  ['', 'sy__'],
])('%p is written %p', (name, wire) => {
  expect(toWireName(name)).toBe(wire);
  expect(fromWireName(wire)).toBe(name);
});

test('every name has one lawful spelling that reads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      // Half a character is no text.
      fc.pre(name.isWellFormed());
      expect(toWireName(name)).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(fromWireName(toWireName(name))).toBe(name);
    }),
  );
});

test('names that only look written by us are left alone', () => {
  expect(fromWireName('sy__-ff')).toBe('sy__-ff');
  expect(fromWireName('other')).toBe('other');
});

test('another’s data comes back under its own name', () => {
  fc.assert(
    fc.property(fc.option(fc.stringMatching(/^[a-z0-9-]{1,20}$/)), fc.string(), (format, data) => {
      expect(unpack(pack(format, data))).toEqual({ format, data });
    }),
  );
  for (const own of ['', 'EqQBCkYIBx', 'switchyard', 'switchyard:x'])
    expect(unpack(own)).toBeNull();
});
