// Whatever is written or asked: refused with a place or evaluated in bounded work, and never thrown at anybody.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { compileCondition } from './compile-condition.ts';
import { LIMITS } from './limits.ts';
import { Run } from './run.ts';
import { Failure } from './value.ts';

const VALID = [
  'tier == "premium" && age >= 18',
  'plan in ["free", "trial"] || has(metadata.plan)',
  'messages.last().content.matches("(?i).*(refund|chargeback).*")',
  'messages.exists(m, m.role == "user" && m.content.contains("x"))',
  'tags.map(t, t + "!").filter(t, t.size() > 2).last() == "ab!"',
  'timestamp(signup) - duration("1h") < timestamp("2026-01-01T00:00:00Z")',
  'prompt_tokens / 2 > 100 ? user.startsWith("a") : {"a": [1, 2.5]}.a[0] == 1',
  '!(complexity < 0.5) && -age % 2 != 1 && int("3") == 3 && string(vip) == "true"',
];

const value = fc.jsonValue({ maxDepth: 3 });
const given = fc.dictionary(
  fc.constantFrom(
    'tier',
    'plan',
    'tags',
    'messages',
    'metadata',
    'user',
    'signup',
    'age',
    'vip',
    'prompt_tokens',
    'x',
  ),
  value,
);

/** Refused with a place inside of the text, or a condition whose verdict is one. */
function neverFails(source: string, variables: Readonly<Record<string, unknown>>): void {
  const result = compileCondition(source);
  if (!result.ok) {
    const lines = source.split('\n');
    expect(result.line).toBeGreaterThan(0);
    expect(result.line).toBeLessThanOrEqual(lines.length);
    expect(result.column).toBeGreaterThan(0);
    expect(result.column).toBeLessThanOrEqual((lines[result.line - 1]?.length ?? 0) + 1);
    expect(result.problem.length).toBeGreaterThan(3);
    expect(result.problem.length).toBeLessThan(400);
    return;
  }
  const { holds, note } = result.condition.evaluate({ get: (name) => variables[name] });
  expect(typeof holds).toBe('boolean');
  if (holds) expect(note).toBeNull();
}

describe('texts of all kinds', () => {
  test('garbage', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), given, neverFails), {
      numRuns: 800,
    });
  });

  test('words of the language in any order', () => {
    const words = fc.constantFrom(
      ...[
        'tier',
        'messages',
        'm',
        '"a"',
        '1',
        '2.5',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        '?',
        '.',
        '&&',
        '||',
      ],
      ...[
        '!',
        '-',
        '==',
        'in',
        '<',
        '+',
        '%',
        'has(',
        '.exists(m, ',
        '.map(m, ',
        '.size()',
        '.last()',
        'true',
        'null',
      ],
      ...[
        '.matches("',
        '")',
        '\n',
        'int(',
        '\\',
        "'",
        '"""',
        'b"',
        '0x',
        '//',
        'constructor',
        '__proto__',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), given, (parts, variables) =>
        neverFails(parts.join(''), variables),
      ),
      { numRuns: 1200 },
    );
  });

  test('valid ones with something cut, doubled or put in', () => {
    const mutation = fc.record({
      source: fc.constantFrom(...VALID),
      at: fc.nat(80),
      cut: fc.nat(12),
      put: fc.oneof(
        fc.constantFrom('(', ')', '"', '.', ' ', '!', '\n', '..', '&&'),
        fc.string({ maxLength: 4 }),
      ),
    });
    fc.assert(
      fc.property(mutation, given, ({ source, at, cut, put }, variables) =>
        neverFails(source.slice(0, at) + put + source.slice(at + cut), variables),
      ),
      { numRuns: 1200 },
    );
  });

  test('valid ones on any request', () => {
    fc.assert(fc.property(fc.constantFrom(...VALID), given, neverFails), { numRuns: 1200 });
  });

  test('patterns of all kinds, on texts that make backtracking explode', () => {
    const part = fc.constantFrom(
      '(',
      ')',
      'a',
      '+',
      '*',
      '?',
      '|',
      '[',
      ']',
      '{9}',
      '{99}',
      '^',
      '$',
      '.',
      '\\b',
      '(?i)',
      '\\p{L}',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        neverFails(`user.matches(r'${parts.join('')}')`, { user: `${'a'.repeat(2000)}!` });
      }),
      { numRuns: 500 },
    );
  });
});

describe('large ones', () => {
  const size = 100_000;
  for (const [name, source] of [
    ['parentheses', '('.repeat(size)],
    ['lists', '['.repeat(size)],
    ['nots', `${'!'.repeat(size)}a`],
    ['minuses', `${'-'.repeat(size)}1 == 1`],
    ['members', `a${'.b'.repeat(size)}`],
    ['indexes', `a${'[0]'.repeat(size)}`],
    ['sums', `1${'+1'.repeat(size)} == 1`],
    ['ors', `a${'||a'.repeat(size)}`],
    ['choices', 'a?b:'.repeat(size)],
    ['calls', 'size('.repeat(size)],
    ['a text', `a == "${'x'.repeat(size)}"`],
    ['a pattern', `user.matches("${'(a|b)*'.repeat(size / 6)}")`],
    ['macros', `${'a.exists(x, '.repeat(size / 12)}`],
  ] as const)
    for (const length of [size, LIMITS.sourceChars, 1900])
      test(`${name}, ${length} characters`, () =>
        neverFails(source.slice(0, length), { a: [[1]], user: 'ab' }));

  test('as large as is allowed, they are evaluated', () => {
    const source = `user == "u"${' || user == "u"'.repeat(490)}`;
    const result = compileCondition(source);
    expect(result.ok && result.condition.evaluate({ get: () => 'v' })).toEqual({
      holds: false,
      note: null,
    });
  });
});

describe('work', () => {
  const text =
    'The customer asked whether we could help with an order, and said nothing else. '.repeat(13);
  const messages = Array.from({ length: 1000 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `${text.slice(0, 1020)}${index}`,
    typed: index % 2 === 0 ? text : null,
  }));
  const long = 'ab'.repeat(500_000);
  const conversation: Readonly<Record<string, unknown>> = {
    messages,
    long,
    many: new Array(50_000).fill(1),
  };
  const evaluate = (source: string): { holds: boolean; note: string | null } => {
    const result = compileCondition(source);
    if (!result.ok) throw new Error(result.problem);
    return result.condition.evaluate({ get: (name) => conversation[name] });
  };

  for (const source of [
    'messages.exists(m, m.role == "user" && m.content.contains("refund"))',
    'messages.exists(m, m.content.matches("(?i)(refund|charge ?back)"))',
    'messages.exists(m, m.content.lowerAscii().contains("refund"))',
    'messages.map(m, m.content).join("\\n").matches("(?i).*(refund|chargeback).*")',
    'messages.filter(m, m.role == "tool").size() > 0',
  ])
    test(`a thousand turns of 1 MB are within it: ${source}`, () =>
      expect(evaluate(source)).toEqual({ holds: false, note: null }));

  for (const source of [
    'messages.exists(a, messages.exists(b, a.content == b.content + "x"))',
    'messages.all(a, messages.all(b, a.content != ""))',
    'messages.map(a, messages.map(b, a.content + b.content)).size() == 3',
    'many.all(x, many.all(y, x == y))',
    'many.exists(x, many == [x])',
    '(long + long + long + long).size() > 3',
    `long.contains("${'ab'.repeat(2000)}c")`,
    Array.from({ length: 100 }, () => 'messages.exists(m, m.content.contains("refund"))').join(
      ' || ',
    ),
    'long.matches("[ab]*a[ab]{300}$")',
    'many.map(x, many) == many.map(x, many)',
  ])
    test(`more than is allowed is given up: ${source.slice(0, 70)}`, () => {
      const { holds, note } = evaluate(source);
      expect(holds).toBe(false);
      expect(note).toMatch(/more than a condition may|than a condition may/);
    });

  test('giving up is not absorbed: neither || nor a macro goes on', () => {
    const costly = 'many.all(x, x == 1)';
    expect(evaluate(`${costly} || true`).holds).toBe(false);
    expect(evaluate(`messages.exists(m, ${costly} || true)`).holds).toBe(false);
    expect(evaluate(`true || ${costly}`).holds).toBe(true);
  });

  test('each turn of a loop is paid for', () => {
    let asked = 0;
    const result = compileCondition('many.exists(a, many.exists(b, a + b == other))');
    if (!result.ok) throw new Error(result.problem);
    const variables = {
      get: (name: string): unknown => {
        if (name === 'other') asked++;
        return conversation[name] ?? 'x';
      },
    };
    expect(result.condition.evaluate(variables).holds).toBe(false);
    expect(asked).toBeGreaterThan(100);
    expect(asked).toBeLessThan(LIMITS.work / 4);
  });

  test('values nested without end are given up', () => {
    const deep = (): unknown => {
      let nested: unknown = 1;
      for (let level = 0; level < 60_000; level++) nested = [nested];
      return nested;
    };
    const result = compileCondition('a == b');
    const given: Readonly<Record<string, unknown>> = { a: deep(), b: deep() };
    expect(result.ok && result.condition.evaluate({ get: (name) => given[name] })).toMatchObject({
      holds: false,
      note: expect.stringContaining('nested too deeply'),
    });
  });

  test('what is spent is spent', () => {
    const run = new Run({ get: () => undefined });
    expect(run.spend(LIMITS.work)).toBeNull();
    expect(run.spend(1)).toBeInstanceOf(Failure);
    expect(run.spendOnPattern(LIMITS.patternWork, 1)).toBeNull();
    expect(run.spendOnPattern(1, 1)).toBeInstanceOf(Failure);
  });
});
