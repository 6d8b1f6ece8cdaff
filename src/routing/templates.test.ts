// Templates are filled once, with values as they are, and a missing one is named.
import { expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { MessageTemplate } from '../core/router.ts';
import { fillTemplates } from './templates.ts';

const system = (content: string): MessageTemplate => ({ role: 'system', content });
const fill = (content: string, variables: { readonly [name: string]: unknown }) =>
  fillTemplates([system(content)], variables)[0]?.content;

test.each<[string, string, { readonly [name: string]: unknown }, string]>([
  ['a text', 'Hi {{name}}!', { name: 'Ana' }, 'Hi Ana!'],
  ['spaces inside', 'Hi {{ name }}{{name }}', { name: 'Ana' }, 'Hi AnaAna'],
  ['numbers and truth', '{{n}} {{yes}} {{zero}}', { n: 1.5, yes: false, zero: 0 }, '1.5 false 0'],
  ['an empty text', '[{{a}}]', { a: '' }, '[]'],
  ['objects and lists', '{{o}} {{l}}', { o: { a: [1] }, l: ['x'] }, '{"a":[1]} ["x"]'],
  [
    'names with dots and dashes',
    '{{user.name}} {{a-b_1}}',
    { 'user.name': 'A', 'a-b_1': 'B' },
    'A B',
  ],
  ['values are not filled again', '{{a}}', { a: '{{b}}', b: 'no' }, '{{b}}'],
  ['nor read as patterns', '{{a}}', { a: '$& $1' }, '$& $1'],
  ['what is no variable stays', '{ {a} } {{1}} {{ }} {a}', {}, '{ {a} } {{1}} {{ }} {a}'],
])('%s', (_, content, variables, expected) => {
  expect(fill(content, variables)).toBe(expected);
});

test('everything else of a template stays, and arguments stay JSON', () => {
  const call: MessageTemplate = {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: 'c', name: 'f', arguments: '{"city":"{{city}}"}' }],
  };
  const answer: MessageTemplate = { role: 'tool', content: '{{city}}', toolCallId: 'c' };
  expect(fillTemplates([call, answer], { city: 'a "b"\n' })).toEqual([
    { ...call, toolCalls: [{ id: 'c', name: 'f', arguments: '{"city":"a \\"b\\"\\n"}' }] },
    { ...answer, content: 'a "b"\n' },
  ]);
});

test.each(['missing', 'empty', 'toString', '__proto__'])(
  '%s is not there, and is named',
  (name) => {
    const variables = { other: 'x', empty: null };
    const thrown = (() => {
      try {
        fillTemplates([system('x'), system(`{{other}} {{${name}}}`)], variables);
      } catch (error) {
        return error;
      }
    })();
    if (!(thrown instanceof GatewayError)) throw new Error('nothing was refused');
    expect([thrown.code, thrown.details.param]).toEqual([
      'invalid_request',
      `prompt_variables.${name}`,
    ]);
    expect(thrown.message).toContain(`template 2 (system) needs the variable '${name}'`);
  },
);
