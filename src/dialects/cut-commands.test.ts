// Which commands are cut, as they are spelt: those that are in force, and no others.
import { describe, expect, test } from 'bun:test';
import { asArray, type JsonObject } from '../lib/json.ts';
import { BodyEdits } from './body-edits.ts';
import { cutCommands } from './cut-commands.ts';

const TURNS = {
  list: 'messages',
  isUsers: ({ role }: JsonObject) => role === 'user',
  isText: ({ type }: JsonObject) => type === 'text',
};

/** What is left of a text; of one that is not cut, null. */
function cut(content: string, ...known: readonly string[]): unknown {
  const body = { messages: [{ role: 'user', content }] };
  const text = JSON.stringify(body);
  const edits = new BodyEdits(text, body);
  cutCommands(edits, new Set(known), TURNS);
  const result = edits.result();
  expect(JSON.parse(result.text)).toEqual(result.body);
  const [message] = asArray(result.body.messages) as JsonObject[];
  return result.text === text ? null : message?.content;
}

describe('a command is cut', () => {
  test.each<[string, readonly string[], string]>([
    ['/review this', ['review'], 'this'],
    ['/Review this', ['review'], 'this'],
    ['/Review this', ['Review'], 'this'],
    ['/Review this', ['Review', 'review'], 'this'],
    ['/REVIEW this', ['Review', 'review'], 'this'],
    ['/review this', ['Review'], 'this'],
    ['/REVIEW this', ['Review'], 'this'],
    ['/Model this', [], 'this'],
    ['/MODEL this', ['model'], 'this'],
    [' /Review \n this ', ['Review'], ' this '],
  ])('%p of %p', (text, known, left) => {
    expect(cut(text, ...known)).toBe(left);
  });
});

describe('what is not in force is not cut', () => {
  test.each<[string, readonly string[]]>([
    ['/review: this', ['review:', 'review']],
    ['/usr/bin this', ['usr/bin', 'usr']],
    ['/24 hours', ['24']],
    ['/toString this', []],
    [`/${'x'.repeat(65)} this`, ['x'.repeat(65)]],
  ])('%p of %p', (text, known) => {
    expect(cut(text, ...known)).toBeNull();
  });
});
