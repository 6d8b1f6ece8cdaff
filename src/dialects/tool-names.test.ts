// Names are taken as they are where the wire takes them, and otherwise written the same way each time.
import { expect, test } from 'bun:test';
import type { ChatCall } from '../core/call.ts';
import { withTakenNames } from './tool-names.ts';

const LIMITS = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, maxChars: 20 };

function offering(...names: readonly string[]): ChatCall {
  return {
    model: 'm',
    messages: [
      {
        role: 'assistant',
        parts: names.map((name, at) => ({ type: 'tool-use', id: `${at}`, name, arguments: '{}' })),
        path: 'messages[0]',
      },
    ],
    tools: names.map((name) => ({ type: 'function', name })),
    toolChoice: { type: 'tool', name: names[0] ?? '' },
    sampling: {},
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
  };
}

const namesOf = ({ tools }: ChatCall) => tools.map(({ name }) => name);

test('a call whose names are all taken is the same call', () => {
  const call = offering('look', '_a1');
  expect(withTakenNames(call, LIMITS)).toEqual({ call, toolNames: {} });
  expect(withTakenNames(call, LIMITS).call).toBe(call);
});

test('others are made lawful, wherever they stand, and can be turned back', () => {
  const given = [
    'files.read',
    'files-read',
    '9lives',
    'ünïcode',
    '',
    'n'.repeat(21),
    'm'.repeat(20),
  ];
  const { call, toolNames } = withTakenNames(offering(...given), LIMITS);
  const names = namesOf(call);
  expect(new Set(names).size).toBe(given.length);
  for (const name of names) {
    expect(name).toMatch(LIMITS.pattern);
    expect(name.length).toBeLessThanOrEqual(LIMITS.maxChars);
  }
  expect(names.map((name) => toolNames[name] ?? name)).toEqual(given);
  expect(call.messages[0]?.parts.map((part) => 'name' in part && part.name)).toEqual(names);
  expect(call.toolChoice).toEqual({ type: 'tool', name: names[0] ?? '' });
  expect(namesOf(withTakenNames(offering('9lives', 'other'), LIMITS).call)[0]).toBe(names[2] ?? '');
});

test('a tool of the maker’s own keeps its name, chosen or not', () => {
  const own = { type: 'opaque', dialect: 'openai-chat', name: 'web.search', value: {} } as const;
  const call: ChatCall = {
    ...offering(),
    tools: [own],
    toolChoice: { type: 'tool', name: 'web.search' },
  };
  expect(withTakenNames(call, LIMITS)).toEqual({ call, toolNames: {} });
});
