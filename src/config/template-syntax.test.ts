// {{name}}: which texts are good, and where the first mistake of the others is.
import { expect, test } from 'bun:test';
import { templateProblem } from './template-syntax.ts';

test.each(['', 'no variable', '{{name}}', '{{ user.first-name }} and {{_b}}', '{ {x} }', '}} {x}'])(
  '%p is good',
  (text) => {
    expect(templateProblem(text)).toBeNull();
  },
);

test.each([
  ['{{', 'has a "{{" that is not closed at line 1, column 1'],
  ['a {{b} c', 'has a "{{" that is not closed at line 1, column 3'],
  ['{{a {{b}}', 'has a "{{" that is not closed at line 1, column 1'],
  ['x\ny {{}}', 'has no name between "{{" and "}}" at line 2, column 3'],
  ['{{ok}} {{a b}}', 'has "a b" as a name at line 1, column 8'],
  ['{{1st}}', 'has "1st" as a name at line 1, column 1'],
])('%p %s', (text, problem) => {
  expect(templateProblem(text)).toStartWith(problem);
});
