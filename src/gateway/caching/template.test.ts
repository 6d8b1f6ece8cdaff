// A reply written for another: its own id wherever the first one's stood, its own metadata, every other byte the same.
import { expect, test } from 'bun:test';
import { Template } from './template.ts';

test('the id and the metadata are the new one’s', () => {
  const text = '{"id":"c-0a","items":["m_0a_0"],"metadata":{"generation_id":"0a"},"end":"0a"}';
  const template = Template.of(text, '0a', '{"generation_id":"0a"}');
  expect(`${template?.fill('ff', '{"generation_id":"ff","cache_hit":"exact"}')}`).toBe(
    '{"id":"c-ff","items":["m_ff_0"],"metadata":{"generation_id":"ff","cache_hit":"exact"},"end":"ff"}',
  );
});

test('there is none where the metadata stands nowhere, or twice', () => {
  expect(Template.of('{"id":"0a"}', '0a', '{"m":1}')).toBeNull();
  expect(Template.of('{"a":{"m":1},"b":{"m":1}}', '0a', '{"m":1}')).toBeNull();
});

test('of a text without metadata', () => {
  expect(`${Template.plain('{"id":"c-0a"}', '0a').fill('ff', '')}`).toBe('{"id":"c-ff"}');
});

test('characters of several bytes stay what they are, and so does an id of another length', () => {
  const text = 'é 0a 漢 {"m":"😀"} 😀 0a';
  const template = Template.of(text, '0a', '{"m":"😀"}');
  for (const id of ['ff', 'fff', ''])
    expect(`${template?.fill(id, '"ü"')}`).toBe(`é ${id} 漢 "ü" 😀 ${id}`);
});
