// What is refused when a router is saved: where it is wrong, and in words that help to mend it.
import { describe, expect, test } from 'bun:test';
import { compileCondition } from './compile-condition.ts';
import { LIMITS } from './limits.ts';

function refused(source: string): string {
  const result = compileCondition(source);
  return result.ok ? 'accepted' : `${result.line}:${result.column} ${result.problem}`;
}

const REFUSED: readonly (readonly [source: string, said: string])[] = [
  ['', '1:1 the expression ends too early'],
  ['tier ==', '1:8 the expression ends too early'],
  ['(tier == "a"', '1:13 the expression ends too early, expected ")"'],
  ['tier = "a"', '1:6 unexpected "=": "==" compares'],
  ['tier == "a" and vip', '1:13 unexpected "and": "and" is written "&&"'],
  ['tier == "a" | vip', '1:13 unexpected "|": "or" is written "||"'],
  ['not vip', '"not" is written "!"'],
  ['tier == "a', '1:9 unterminated string'],
  ['vip &&\n\n  tier == `x`', '3:11 unexpected "`"'],
  ['size(3) > 1', '1:1 size(int) does not fit: size is written size(text, list or map)'],
  ['vip && prompt_tokens == "a"', '1:8 == is not defined for int and string'],
  ['user.startsWith(1)', '1:6 string.startsWith(int) does not fit'],
  ['user.startWith("a")', '1:6 there is no function "startWith". Did you mean "startsWith"?'],
  ['plan.lenght() > 1', '1:6 there is no function "lenght"'],
  [
    '"vip" in user',
    '1:1 in is not defined for string and string: a part of a text is text.contains(part)',
  ],
  ['foo(user)', '1:1 there is no function "foo"'],
  ['prompt_tokens', '1:1 a condition must be true or false, this is of type int'],
  ['user', '1:1 a condition must be true or false, this is of type string'],
  ['user && vip', '1:1 logical operator requires bool operands'],
  ['!user', '1:1 ! is not defined for string'],
  ['messages.last().text == ""', '1:17 there is no "text": a message has role and content'],
  ['user.lastUser() == user', '1:6 string.lastUser() does not fit'],
  ['has(plan)', '1:5 has() takes one key of something: has(metadata.key)'],
  [
    'type == "a"',
    '1:1 "type" is a word of CEL itself; a metadata key of that name is written metadata.type',
  ],
  ['cel.bind(x, 1, x == 1)', '1:1 "cel" is a word of CEL itself'],
  ['plan == b"a"', '1:9 bytes and unsigned numbers are not available'],
  ['plan == 1u', '1:9 bytes and unsigned numbers are not available'],
  ['plan == 99999999999999999999', '1:9 the number is larger than an int can be'],
  ['user.matches("(a")', '1:14 the pattern is not valid: missing closing )'],
  ['user.matches("(?=a)")', '1:14 the pattern is not valid'],
  ['user.matches("(a)\\\\1")', '1:14 the pattern is not valid'],
  ['user.matches(plan)', '1:14 a pattern must be written out in the condition'],
  ['user.matches("a{900}b{900}c{900}")', '1:14 the pattern compiles to'],
  ['timestamp(plan).getHours("UTC") == 1', '1:17 getHours() takes no time zone'],
  [
    'messages.exists(a, messages.exists(b, messages.exists(c, true)))',
    '1:39 exists() is inside of 2 others',
  ],
  [`${'('.repeat(100)}vip`, `1:65 it is nested deeper than ${LIMITS.depth} levels`],
  [`[${'1,'.repeat(1001)}1] == x`, `a list has more than ${LIMITS.listItems} items`],
  [Array.from({ length: 1001 }, () => 'a').join('+'), `it has more than ${LIMITS.nodes}`],
  ['a'.repeat(LIMITS.sourceChars + 1), `1:${LIMITS.sourceChars + 1} the expression is longer`],
];

describe('a condition is refused with its place', () => {
  for (const [source, said] of REFUSED)
    test(source.slice(0, 60), () => expect(refused(source)).toContain(said));
});

test('what is not refused although the checker might', () => {
  for (const source of [
    'complexity == 1',
    'complexity * 2 > 1',
    'prompt_tokens in [1, 2.5]',
    'tags == [1, "a", null]',
    'plan',
    'tags.last() == 3',
    'metadata.tags.last().size() == 3',
    Array.from({ length: 400 }, (_, index) => `user == "u${index}"`).join(' || '),
    `user in [${Array.from({ length: 900 }, (_, index) => `"u${index}"`).join(', ')}]`,
  ])
    expect(refused(source)).toBe('accepted');
});
