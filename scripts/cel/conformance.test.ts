// Conditions against cel-spec's cases, and against another implementation on expressions nobody wrote.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { conformanceCases } from './cases.ts';
import { SUBJECTS } from './subjects.ts';

/** Where we differ on purpose. Everything else is right, or refused when it is saved. */
const DIFFERENT = [
  // compared exactly; the spec rounds an int to a double first
  'dyn(9223372036854775807) < 9223372036854775808.0',
  'dyn(9223372036854775808.0) > 9223372036854775807',
  'dyn(9223372036854775808.0) <= 9223372036854775807',
  'dyn(9223372036854775807) >= 9223372036854775808.0',
  // times are milliseconds
  "timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns')",
  "timestamp('0001-01-01T00:00:00Z') + duration('-1ns')",
  // names with dots are namespaces of messages; here they are members of metadata
  'a.b.c',
];

const [, other, ours] = SUBJECTS;

test("cel-spec's cases are right or refused, but for those named", () => {
  const wrong = new Set<string>();
  let passed = 0;
  for (const tested of conformanceCases()) {
    if (tested.beyond) continue;
    const outcome = ours?.outcome(tested);
    if (outcome === tested.expected || (outcome === 'refused' && tested.expected === 'error'))
      passed++;
    else if (outcome !== 'refused') wrong.add(tested.expression);
  }
  expect([...wrong].filter((expression) => !DIFFERENT.includes(expression))).toEqual([]);
  expect(DIFFERENT.filter((expression) => !wrong.has(expression))).toEqual([]);
  expect(passed).toBeGreaterThanOrEqual(720);
});

const { bool } = fc.letrec<{
  bool: string;
  int: string;
  double: string;
  text: string;
  list: string;
}>((tie) => {
  const of = (shape: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc
      .tuple(...parts)
      .map((made) => made.reduce((text, part) => text.replace('_', () => `(${part})`), shape));
  const { bool, int, double, text, list } = {
    ...{ bool: tie('bool'), int: tie('int'), double: tie('double') },
    ...{ text: tie('text'), list: tie('list') },
  };
  const order = fc.constantFrom('<', '<=', '>', '>=', '==', '!=');
  const compared = (side: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    order.chain((operator) => of(`_ ${operator} _`, side, side));
  const depth = { maxDepth: 5, withCrossShrink: true };
  return {
    bool: fc.oneof(
      depth,
      fc.constantFrom('true', 'false', 'b', 'missing == 1'),
      ...[compared(int), compared(double), compared(text), of('_ == _', list, list)],
      ...[
        of('_ && _', bool, bool),
        of('_ || _', bool, bool),
        of('!_', bool),
        of('_ ? _ : _', bool, bool, bool),
      ],
      ...[
        of('_ in _', text, list),
        of('_.contains(_)', text, text),
        of('_.startsWith(_)', text, text),
      ],
      of(
        '_.exists(x, _)',
        list,
        fc.oneof(bool, fc.constant('x == s'), fc.constant('x > "b" || missing')),
      ),
      of(
        '_.all(x, _)',
        list,
        fc.oneof(bool, fc.constant('x != s'), fc.constant('missing && x == s')),
      ),
      of('_.exists_one(x, _)', list, fc.oneof(bool, fc.constant('x == s'))),
    ),
    int: fc.oneof(
      depth,
      fc.constantFrom('0', '1', '-7', 'i', '9223372036854775807'),
      ...['+', '-', '*', '/', '%'].map((operator) => of(`_ ${operator} _`, int, int)),
      ...[of('size(_)', text), of('_.size()', list), of('int(_)', double), of('-_', int)],
      of('_ ? _ : _', bool, int, int),
    ),
    double: fc.oneof(
      depth,
      fc.constantFrom('0.0', '1.5', 'd', '-1e300'),
      ...['+', '-', '*', '/'].map((operator) => of(`_ ${operator} _`, double, double)),
      ...[of('double(_)', int), of('-_', double)],
    ),
    text: fc.oneof(
      depth,
      fc.constantFrom('""', '"a"', 's', '"ünï😀"'),
      ...[of('_ + _', text, text), of('string(_)', int), of('_[_]', list, int)],
    ),
    list: fc.oneof(
      depth,
      fc.constantFrom('[]', 'l', '["a", "b"]'),
      ...[of('_ + _', list, list), of('[_, _]', text, text), of('_.filter(x, _)', list, bool)],
      of('_.map(x, _)', list, text),
    ),
  };
});

test('an expression has the value that another implementation gives it', () => {
  const bindings = new Map<string, unknown>([
    ...([
      ['b', true],
      ['i', 5n],
      ['d', 2.5],
      ['s', 'b'],
      ['l', ['a', 'b', 'b']],
    ] as const),
  ]);
  let compared = 0;
  fc.assert(
    fc.property(bool, (expression) => {
      const tested = {
        section: '',
        name: '',
        expression,
        container: '',
        bindings,
        expected: '',
        beyond: false,
      };
      const outcome = ours?.outcome(tested);
      if (outcome === 'refused') return;
      compared++;
      expect(outcome).toBe(other?.outcome(tested) ?? '');
    }),
    { numRuns: 1500 },
  );
  expect(compared).toBeGreaterThan(1000);
});
