// Two texts are the same exactly where they say the same in another order of their own members.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type BodyRules, canonicalBody } from './canonical.ts';

const RULES: BodyRules = {
  without: new Set(['model']),
  lists: new Set(['messages']),
  envelopes: { extra_body: new Set(['cache']) },
};
const of = (text: string) => canonicalBody(text, RULES);

describe('canonicalBody', () => {
  test.each([
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":1,"b":2}', ' {\n  "a" : 1 ,\r\n\t"b":2 } '],
    ['{"a":1,"model":"x"}', '{"model":{"b":[1,2]},"a":1}'],
    ['{"extra_body":{"a":1,"b":2}}', '{"extra_body":{"b":2,"cache":{"ttl":1},"a":1}}'],
    [
      '{"messages":[{"role":"user","content":"a"}]}',
      '{"messages":[{"content":"a","role":"user"}]}',
    ],
    [
      '{"messages":[{"role":"user","content":"a"},{"content":"b","role":"user"}]}',
      '{"messages":[ {"content":"a","role":"user"}, {"role":"user","content":"b"} ]}',
    ],
    ['{}', ' { } '],
    ['{"messages":[]}', '{"messages":[ ]}'],
  ])('%s is %s', (one, other) => {
    expect(of(one)).not.toBeNull();
    expect(of(other)).toBe(of(one));
  });

  test.each([
    ['{"a":1}', '{"a":2}'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"a":1.0}'],
    ['{"a":0}', '{"a":-0}'],
    ['{"a":9007199254740993}', '{"a":9007199254740992}'],
    ['{"a":0.1}', '{"a":0.10000000000000001}'],
    ['{"a":null}', '{}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":[1,[2]]}', '{"a":[1,2]}'],
    ['{"a":{}}', '{"a":[]}'],
    ['{"a":"\\ud800"}', '{"a":"\\ud801"}'],
    ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
    ['{"a":"x\\",\\"b\\":\\"y"}', '{"a":"x","b":"y"}'],
    ['{"__proto__":1}', '{}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['{"constructor":1}', '{}'],
    ['{"extra_body":{"__proto__":1}}', '{"extra_body":{}}'],
    ['{"1":1,"0":2}', '{"1":2,"0":1}'],
    ['{"messages":[{"a":1}]}', '{"messages":[{"a":2}]}'],
    ['{"messages":[{"a":1},{"b":1}]}', '{"messages":[{"b":1},{"a":1}]}'],
    ['{"messages":[{"a":1,"b":2}]}', '{"messages":[{"a":1},{"b":2}]}'],
    ['{"messages":[{"model":1}]}', '{"messages":[{}]}'],
    ['{"extra_body":[1]}', '{"extra_body":[2]}'],
    ['{"messages":{"a":1}}', '{"messages":[{"a":1}]}'],
  ])('%s is not %s', (one, other) => {
    expect(of(one)).not.toBeNull();
    expect(of(other)).not.toBe(of(one));
  });

  test('a schema says more in another order: models answer in the order they read', () => {
    const schema = (first: string, second: string) =>
      `{"response_format":{"properties":{"${first}":{"type":"string"},"${second}":{"type":"string"}}}}`;
    expect(of(schema('why', 'answer'))).not.toBe(of(schema('answer', 'why')));
  });

  test.each([
    '{"temperature":0,"temperature":1}',
    '{"temperature":0,"a":{"b":[{"c":"d"}]},"temperature":1}',
    '{"temperature":0,"temperatur\\u0065":1}',
    '{"messages":[{"content":"a","content":"b"}]}',
    '{"extra_body":{"a":1,"a":2}}',
  ])('%s says two things: it has none', (text) => {
    expect(of(text)).toBeNull();
  });

  test('what says two things further in stands in it as it is written', () => {
    const twice = '{"tools":[{"a":1,"a":2}]}';
    expect(of(twice)).not.toBe(of('{"tools":[{"a":2}]}'));
    expect(of(twice)).not.toBe(of('{"tools":[{"a":1}]}'));
    expect(of(twice)).not.toBe(of('{"tools":[{"a":2,"a":1}]}'));
  });

  test('of any value: the same in any order and spacing, read back as it was', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a', 'messages', 'x,"y":1'));
    const object = fc.dictionary(name, fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(
        object,
        fc.array(object),
        fc.integer(),
        fc.nat(3),
        (body, messages, seed, indent) => {
          const whole = { ...body, messages };
          const text = JSON.stringify(whole);
          const key = of(text);
          // Names with escapes hide whether they stand twice.
          if (key === null)
            return Object.keys(flat(whole)).some((one) => /["\\\p{Cc}\p{Cs}]/u.test(one));
          const { model: _, ...rest } = JSON.parse(text);
          expect(JSON.parse(key)).toEqual(withoutCache(rest));
          const shuffled = {
            ...inOrder(body, seed),
            messages: messages.map((one) => inOrder(one, seed)),
          };
          if (indent === 0) expect(of(JSON.stringify(shuffled))).toBe(key);
          return true;
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of any two values: the same key only where they are the same', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (one, other) => {
        const [a, b] = [
          { a: one, messages: [one] },
          { a: other, messages: [other] },
        ];
        if (JSON.stringify(a) === JSON.stringify(b)) return;
        const key = of(JSON.stringify(a));
        if (key !== null) expect(of(JSON.stringify(b))).not.toBe(key);
      }),
      { numRuns: 300 },
    );
  });
});

type Body = { [name: string]: unknown };

function inOrder(body: Body, seed: number): Body {
  const names = Object.keys(body).sort((a, b) => hashOf(a, seed) - hashOf(b, seed));
  const made: Body = {};
  for (const name of names)
    Object.defineProperty(made, name, { value: body[name], enumerable: true });
  return made;
}

const hashOf = (text: string, seed: number) =>
  Number(Bun.hash.wyhash(text, BigInt(seed >>> 0)) % 1000n);

function flat(body: Body & { messages: readonly Body[] }): Body {
  return Object.assign({}, body, ...body.messages);
}

function withoutCache(body: Body): Body {
  const extra = body.extra_body;
  if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) return body;
  const { cache: _, ...rest } = extra as Body;
  return { ...body, extra_body: rest };
}
