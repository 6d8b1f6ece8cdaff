// Splicing keeps meaning and bytes: checked by hand-picked texts and against parse-edit-print on random ones.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Json } from './json.ts';
import {
  appendMember,
  arrayElements,
  insertElements,
  memberText,
  prependElements,
  spliceArray,
  spliceObject,
} from './json-splice.ts';

const remove = (...keys: string[]) => ({ remove: new Set(keys) });
const set = (entries: Record<string, string>) => ({ set: new Map(Object.entries(entries)) });

describe('spliceObject', () => {
  test.each([
    ['nothing to do', '{ "a" : 1 ,\n"b":2 }', {}, '{ "a" : 1 ,\n"b":2 }'],
    ['first', '{"a":1,"b":2}', remove('a'), '{"b":2}'],
    ['last', '{"a":1, "b":2}', remove('b'), '{"a":1}'],
    ['middle', '{"a":1, "b":2 , "c":3}', remove('b'), '{"a":1 , "c":3}'],
    ['only', '{ "a":1 }', remove('a'), '{  }'],
    ['all', '{"a":1,"b":2}', remove('a', 'b'), '{}'],
    ['absent', '{"a":1}', remove('x'), '{"a":1}'],
    ['every duplicate', '{"a":1,"b":2,"a":3}', remove('a'), '{"b":2}'],
    ['replace in place', '{"a": 1,"b":2}', set({ a: '"x"' }), '{"a": "x","b":2}'],
    ['replace duplicates once', '{"a":1,"b":2,"a":3}', set({ a: '9' }), '{"a":9,"b":2}'],
    ['append', '{"a":1}', set({ b: '[2]' }), '{"a":1,"b":[2]}'],
    ['append to empty', ' { } ', set({ b: '2', c: '3' }), ' {"b":2,"c":3 } '],
    ['set beats remove', '{"a":1}', { ...remove('a'), ...set({ a: '2' }) }, '{"a":2}'],
    ['append after removing all', '{"a":1}', { ...remove('a'), ...set({ b: '2' }) }, '{"b":2}'],
    [
      'nested keys stay',
      '{"x":{"a":1},"y":[{"a":2}],"a":3}',
      remove('a'),
      '{"x":{"a":1},"y":[{"a":2}]}',
    ],
    ['braces in strings', '{"x":"}\\"],{","a":3}', remove('a'), '{"x":"}\\"],{"}'],
    ['ends in backslashes', '{"x":"\\\\","a":"\\\\\\"","b":1}', remove('a'), '{"x":"\\\\","b":1}'],
    ['escaped key', '{"\\u0061":1,"b":2}', remove('a'), '{"b":2}'],
    ['__proto__', '{"__proto__":{"a":1},"b":2}', remove('__proto__'), '{"b":2}'],
    ['constructor is no member', '{"b":2}', remove('constructor', 'toString'), '{"b":2}'],
    [
      'numbers and literals',
      '{"a":-1.5E+10,"b":true,"c":null,"d":1e5}',
      remove('b'),
      '{"a":-1.5E+10,"c":null,"d":1e5}',
    ],
    ['surrogates', '{"😀":"é","a":1}', remove('a'), '{"😀":"é"}'],
  ])('%s', (_, text, edits, expected) => {
    expect(spliceObject(text, edits)).toBe(expected);
  });

  test('what is no object is refused, not looped over', () => {
    for (const text of [
      '',
      '[]',
      '"x"',
      '{',
      '{"a',
      '{"a":',
      '{"a":[1',
      '{"a":1',
      '{"a":1,',
      '{"a" 1}',
      '{a:1}',
    ]) {
      expect(() => spliceObject(text, remove('a'))).toThrow(SyntaxError);
    }
  });

  test('equals parse, edit, print for any object, however it is spaced', () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', 'model', '__proto__', 'a"b', 'a\\', '}'),
      fc.string({ unit: 'binary' }),
    );
    const object = fc
      .dictionary(key, fc.jsonValue())
      .map((value) => new Map(Object.entries(value as object) as [string, Json][]));
    const space = fc.constantFrom('', ' ', '\n', '\t\r\n  ');
    fc.assert(
      fc.property(
        object,
        space,
        fc.array(key),
        fc.array(fc.tuple(key, fc.jsonValue())),
        (entries, gap, removed, changes) => {
          const printed = [...entries].map(
            ([name, value]) =>
              `${gap}${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(value, null, gap)}`,
          );
          const text = `${gap}{${printed.join(`${gap},`)}${gap}}${gap}`;
          const expected = new Map<string, Json>(
            [...entries].filter(([name]) => !removed.includes(name)),
          );
          const edits = new Map<string, string>();
          for (const [name, value] of changes) {
            edits.set(name, JSON.stringify(value));
            expected.set(name, JSON.parse(JSON.stringify(value)));
          }
          const actual = JSON.parse(
            spliceObject(text, { remove: new Set(removed), set: edits }),
          ) as Record<string, Json>;
          // toStrictEqual treats __proto__ specially, so compare sorted entries.
          const sorted = (pairs: Iterable<[string, Json]>) =>
            JSON.stringify([...pairs].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
          expect(
            sorted(
              Object.keys(actual).map((name) => [
                name,
                Object.getOwnPropertyDescriptor(actual, name)?.value,
              ]),
            ),
          ).toBe(
            sorted([...expected].map(([name, value]) => [name, JSON.parse(JSON.stringify(value))])),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('10 MB members are edited around', () => {
    const text = `{"model":"m","data":"${'x'.repeat(10_000_000)}","nested":{"data":["${'y'.repeat(10_000_000)}"]},"stream":true}`;
    const out = spliceObject(text, { ...remove('stream'), ...set({ model: '"n"' }) });
    expect(out.length).toBe(text.length - ',"stream":true'.length);
  });
});

describe('appendMember', () => {
  test.each([
    ['{"a":1}', '{"a":1,"b":2}'],
    [' { } \n', ' {"b":2 } \n'],
    ['{"a":"}"\n}\n', '{"a":"}","b":2\n}\n'],
    ['{"a":{}}', '{"a":{},"b":2}'],
  ])('%j', (text, expected) => {
    expect(appendMember(text, 'b', '2')).toBe(expected);
    expect(spliceObject(text, set({ b: '2' }))).toBe(expected);
  });

  test('does what spliceObject does with a key that is not there', () => {
    const spaced = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3));
    fc.assert(
      fc.property(spaced, fc.string(), fc.jsonValue(), ([object, gap], name, value) => {
        const key = `new ${name}`;
        const text = JSON.stringify(object, null, gap);
        fc.pre(!(key in object));
        const json = JSON.stringify(value);
        expect(appendMember(text, key, json)).toBe(
          spliceObject(text, { set: new Map([[key, json]]) }),
        );
      }),
    );
  });
});

test('memberText is the raw value, the last where a key is doubled', () => {
  expect(memberText('{"a": [1, 2] ,"b":2}', 'a')).toBe('[1, 2]');
  expect(memberText('{"a":1,"a":{"b":1}}', 'a')).toBe('{"b":1}');
  expect(memberText('{"x":{"b":1}}', 'b')).toBeUndefined();
});

test('arrayElements and spliceArray', () => {
  const text = '[ {"a":"]"} , [1,[2]],"x,\\"" ,null]';
  expect(arrayElements(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    '{"a":"]"}',
    '[1,[2]]',
    '"x,\\""',
    'null',
  ]);
  expect(arrayElements(' [ ] ')).toEqual([]);
  expect(
    spliceArray(
      text,
      new Map([
        [1, '7'],
        [3, '{}'],
      ]),
    ),
  ).toBe('[ {"a":"]"} , 7,"x,\\"" ,{}]');
  expect(spliceArray(text, new Map())).toBe(text);
});

describe('insertElements', () => {
  test.each([
    ['none', '[ 1 ]', 1, [], '[ 1 ]'],
    ['at the beginning', '[ 1 ]', 0, ['2'], '[2, 1 ]'],
    ['between', '[ 1 , [2,3] ]', 1, ['"a"', '{}'], '[ 1,"a",{} , [2,3] ]'],
    ['at the end', '[ 1 , [2,3] ]', 2, ['"a"'], '[ 1 , [2,3],"a" ]'],
  ])('%s', (_, text, place, elements, expected) => {
    expect(insertElements(text, place, elements)).toBe(expected);
  });

  test('a place the array does not have is refused', () => {
    expect(() => insertElements('[1]', 3, ['1'])).toThrow(SyntaxError);
  });
});

describe('prependElements', () => {
  test.each([
    ['none', '[ 1 ]', [], '[ 1 ]'],
    ['to some', ' [ 1, 2 ] ', ['"a"', '{"b":[]}'], ' ["a",{"b":[]}, 1, 2 ] '],
    ['to none', '[ ]', ['1', '2'], '[1,2 ]'],
  ])('%s', (_, text, elements, expected) => {
    expect(prependElements(text, elements)).toBe(expected);
  });

  test('what is no array is refused', () => {
    expect(() => prependElements('{}', ['1'])).toThrow(SyntaxError);
  });
});
