// What conditions mean: values, numbers, missing names, messages, patterns, and what they tell about themselves.
import { describe, expect, test } from 'bun:test';
import type { Condition, Verdict } from '../../core/condition.ts';
import { compileCondition } from './compile-condition.ts';

function compiled(source: string): Condition {
  const result = compileCondition(source);
  if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.problem}`);
  return result.condition;
}

const MESSAGES = [
  { role: 'system', content: 'Be brief.', typed: null },
  { role: 'user', content: 'I want a REFUND', typed: 'I want a REFUND' },
  { role: 'assistant', content: 'Why?', typed: null },
  { role: 'user', content: '<system-reminder>x</system-reminder>\nIt broke', typed: 'It broke' },
  { role: 'tool', content: 'exit 1', typed: null },
];

const METADATA = {
  ...{ plan: 'free', age: 18, score: 0.5, seats: 3, vip: true, nothing: null, 'x-y': 1 },
  tags: ['a', 'b'],
  company: { size: 12, name: 'Acme' },
  signup: '2026-03-01T10:00:00Z',
};

const GIVEN: Readonly<Record<string, unknown>> = {
  ...METADATA,
  metadata: METADATA,
  messages: MESSAGES,
  user: 'vip_7',
  model: 'router/main',
  command: 'review',
  language: 'es',
  complexity: 0.4,
  prompt_tokens: 1200,
  session_depth: 5,
  has_tools: true,
  has_images: false,
};

function verdict(source: string, given: Readonly<Record<string, unknown>> = GIVEN): Verdict {
  return compiled(source).evaluate({ get: (name) => given[name] });
}

function each(expected: boolean, sources: readonly string[]): void {
  for (const source of sources)
    test(`${source} is ${expected}`, () =>
      expect(verdict(source)).toEqual({ holds: expected, note: null }));
}

describe('numbers of JSON are numbers', () => {
  each(true, [
    'seats == 3',
    'seats == 3.0',
    'seats >= 2.5',
    'age > 17',
    'score == 0.5',
    'score * 2 == 1',
    'age + 1 == 19',
    'age / 4 == 4.5',
    'age % 2 == 0',
    'seats in [1, 2, 3]',
    '-seats == -3',
    'int(score) == 0',
    'string(seats) == "3"',
    'complexity * 100 > seats',
    'prompt_tokens > 999.5',
    'prompt_tokens / 1000 == 1',
    'company.size > 10',
  ]);
  each(false, ['seats == "3"', 'age > 18', 'seats != 3', 'vip == 1']);
});

describe('metadata by name, by member, by key', () => {
  each(true, [
    'plan == "free"',
    'metadata.plan == "free"',
    'metadata["x-y"] == 1',
    'has(metadata.plan) && !has(metadata.other)',
    '"plan" in metadata',
    'nothing == null',
    'plan in ["free", "trial"]',
    '"a" in tags',
    'tags.exists(t, t == "b") && tags.all(t, t != "c")',
    'tags.exists_one(t, t == "a")',
    'tags.map(t, t + "!").last() == "b!"',
    'tags.filter(t, t > "a").size() == 1',
    'company == {"name": "Acme", "size": 12}',
    'vip ? seats == 3 : false',
    'vip',
    'timestamp(signup) < timestamp("2026-04-01T00:00:00Z")',
    'timestamp(signup).getMonth() == 2',
    'timestamp("2026-03-02T10:00:00Z") - timestamp(signup) == duration("24h")',
  ]);
  each(false, ['"other" in metadata', 'tags.exists(plan, plan == "free")']);
});

describe('messages', () => {
  each(true, [
    'messages.last().content == "exit 1"',
    'messages.lastUser().content == "It broke"',
    'messages[0].role == "system"',
    'messages.exists(m, m.role == "user" && m.content.matches("(?i)refund"))',
    'messages.filter(m, m.role == "user").last().content.contains("broke")',
    'size(messages) == 5',
    'messages.map(m, m.role).join(",") == "system,user,assistant,user,tool"',
  ]);

  test('asked of an empty conversation they are false, with a note', () => {
    const given = { messages: [] };
    expect(verdict('messages.last().content == "x"', given).note).toContain('empty list');
    expect(verdict('messages.lastUser().content == "x"', given).note).toContain('a user typed');
    expect(verdict('messages.exists(m, true)', given)).toEqual({ holds: false, note: null });
  });
});

describe('patterns are RE2', () => {
  const matches = (text: string, pattern: string): Verdict =>
    verdict(`t.matches(${JSON.stringify(pattern)})`, { t: text });
  for (const [text, pattern, expected] of [
    ['a refund please', 'refund', true],
    ['a REFUND please', '(?i).*(refund|chargeback).*', true],
    ['a REFUND please', 'refund', false],
    ['two\nlines', '^lines', false],
    ['two\nlines', '(?m)^lines$', true],
    ['a\nb', 'a.b', false],
    ['a\nb', '(?s)a.b', true],
    ['straße', '\\pL{6}', true],
    ['ΑΒΓ', '^\\p{Greek}+$', true],
    ['', '^$', true],
  ] as const)
    test(`${JSON.stringify(text)} and ${pattern}`, () =>
      expect(matches(text, pattern)).toEqual({ holds: expected, note: null }));
});

describe('what is not there', () => {
  const nothing = { metadata: {}, messages: [] };

  test('makes a condition false, with a note that names it and its place', () => {
    expect(verdict('tier == "a"', nothing)).toEqual({
      holds: false,
      note: `"tier" is not in the request's metadata (line 1, column 1)`,
    });
    expect(verdict('tier != "a"', nothing).holds).toBe(false);
    expect(verdict('!(tier == "a")', nothing).holds).toBe(false);
    expect(verdict('true &&\n  metadata.a.b == 1', nothing).note).toBe(
      'there is no "a" (line 2, column 12)',
    );
    expect(verdict('user == "x"', nothing).note).toBe(
      'the request has no "user" (line 1, column 1)',
    );
  });

  test('is absorbed where the other side decides', () => {
    expect(verdict('tier == "a" || true', nothing)).toEqual({ holds: true, note: null });
    expect(verdict('true || tier == "a"', nothing)).toEqual({ holds: true, note: null });
    expect(verdict('tier == "a" && false', nothing)).toEqual({ holds: false, note: null });
    expect(verdict('[1, 2].exists(x, x == 2 || tier == x)', nothing).holds).toBe(true);
    expect(verdict('[1, 2].all(x, tier == x && x != 2)', nothing)).toEqual({
      holds: false,
      note: null,
    });
  });

  test('a value of another type is said by its type, never shown', () => {
    const secret = {
      plan: 'a secret',
      seats: 'another secret',
      messages: [{ content: 'third secret' }],
    };
    for (const [source, type] of [
      ['plan', 'string'],
      ['seats > 3', 'string'],
      ['plan.exists(x, x == 1)', 'no list'],
      ['int(plan) == 1', 'could not be read as an int'],
      ['plan ? true : false', 'no bool'],
      ['plan.a == 1', 'there is no "a"'],
      ['messages == 3 || seats.matches("a") && plan + 1 == 2', 'string'],
    ] as const) {
      const result = compileCondition(source);
      if (!result.ok) continue;
      const { holds, note } = result.condition.evaluate({ get: (name) => secret[name as 'plan'] });
      expect(holds).toBe(false);
      expect(note).toContain(type);
      expect(note).not.toContain('secret');
    }
  });
});

describe('what a condition tells about itself', () => {
  test('reads: free names, without the variables of macros', () => {
    const { reads } = compiled(
      'tier == "a" && messages.exists(m, m.content == user && m.role == x)',
    );
    expect([...reads].sort()).toEqual(['messages', 'tier', 'user', 'x']);
    expect([...compiled('m == 1 || tags.all(m, m == n)').reads].sort()).toEqual(['m', 'n', 'tags']);
    expect(compiled('true').reads.size).toBe(0);
  });

  test('commands: those it compares with, null where any may matter', () => {
    const commands = (source: string): readonly string[] | null => {
      const { commands: found } = compiled(source);
      return found === null ? null : [...found].sort();
    };
    expect(commands('plan == "free"')).toEqual([]);
    expect(commands('command == "review"')).toEqual(['review']);
    expect(commands('"review" == command || command in ["a", "b"]')).toEqual(['a', 'b', 'review']);
    expect(commands('command == "" || command == "x"')).toEqual(['x']);
    expect(commands('command != ""')).toBeNull();
    expect(commands('command == plan')).toBeNull();
    expect(commands('command in plans')).toBeNull();
    expect(commands('command.startsWith("re")')).toBeNull();
    expect(commands('tags.exists(command, command == "x")')).toEqual([]);
  });

  test('names are asked for only when the expression gets to them', () => {
    const asked: string[] = [];
    const variables = {
      get: (name: string): unknown => {
        asked.push(name);
        return GIVEN[name];
      },
    };
    const condition = compiled(
      'plan == "paid" && language == "es" || (seats > 2 ? vip : complexity > 1.0)',
    );
    expect(asked).toEqual([]);
    expect(condition.evaluate(variables).holds).toBe(true);
    expect(asked).toEqual(['plan', 'seats', 'vip']);
  });

  test('evaluations do not remember each other', () => {
    const condition = compiled('messages.exists(m, m.content == plan)');
    const asked = (plan: string): boolean =>
      condition.evaluate({ get: (name) => ({ messages: MESSAGES, plan })[name] }).holds;
    expect([asked('Why?'), asked('no'), asked('Why?')]).toEqual([true, false, true]);
  });
});
