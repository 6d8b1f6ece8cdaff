// What a user wrote last is cut out of a request's text, and nothing else is changed; where that cannot be, nothing is.
import { describe, expect, test } from 'bun:test';
import { parseBody } from '../inbound.ts';
import { cutWords } from './cut-words.ts';

const cut = (text: string, list: 'messages' | 'input' = 'messages') =>
  cutWords(text, parseBody(text), list);

describe('cutWords', () => {
  test.each([
    ['{"a":1.0,"messages":[{"role":"user","content":"Hi"}]}', '"Hi"'],
    ['{"messages":[{"content":"Hi"},{"content":"Hi", "role":"user" } ]}', '"Hi"'],
    ['{"messages":[{"content":[{"text":"a"},{"type":"text","text":"bee"}]}],"b":[1,1]}', '"bee"'],
  ])('%s', (text, words) => {
    const at = text.lastIndexOf(words);
    expect(cut(text)).toBe(`${text.slice(0, at)}""${text.slice(at + words.length)}`);
  });

  test('of a wire whose input may be a text', () => {
    expect(cut('{"input":"Hi", "x":[]}', 'input')).toBe('{"input":"", "x":[]}');
    expect(cut('{"input":[{"content":"Hi"}]}', 'input')).toBe('{"input":[{"content":""}]}');
  });

  test.each([
    '{"messages":[]}',
    '{"messages":["Hi"]}',
    '{"messages":[{"content":[]}]}',
    '{"messages":[{"content":["Hi"]}]}',
    '{"messages":[{"content":[{"type":"image"}]}]}',
    '{"messages":[{}]}',
    '{}',
    // What stands first is what some read.
    '{"messages":[{"content":"a","content":"b"}]}',
    '{"messages":[{"content":[{"text":"a","text":"b"}]}]}',
    '{"messages":[{"content":"a"}],"messages":[{"content":"b"}]}',
  ])('%s has none that stand in one place', (text) => {
    expect(cut(text)).toBeNull();
  });
});
