// What was asked for in other words is told in the caller's, whatever else stands beside it.
import { expect, test } from 'bun:test';
import { collect } from '../core/collect.ts';
import type { ChatEvent } from '../core/event.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { undisguised } from './undisguise.ts';

/** An answer that calls tools of these names, each with the same arguments. */
function calling(json: string, ...names: readonly string[]): ChatEvent[] {
  return [
    { type: 'start', id: null, model: null, created: null },
    ...names.flatMap((name, index): ChatEvent[] => [
      { type: 'block-start', index, block: { kind: 'tool-use', id: `c${index}`, name } },
      { type: 'block-delta', index, delta: { kind: 'arguments', json } },
      { type: 'block-end', index },
    ]),
    { type: 'finish', reason: 'tool-calls', raw: null, stopSequence: null, usage: UNKNOWN_USAGE },
  ];
}

test('a tool gets the caller’s name back, a free-text one its text too; others are left alone', () => {
  const disguise = {
    toolNames: { files_read_1: 'files.read', patch_2: 'apply.patch' },
    customTools: ['apply.patch'],
  };
  const events = calling('{"input":"*** x"}', 'files_read_1', 'patch_2', 'plain');
  const { blocks, finish } = collect(undisguised(events, disguise));
  expect(blocks).toMatchObject([
    { id: 'c0', name: 'files.read', arguments: '{"input":"*** x"}', custom: false },
    { id: 'c1', name: 'apply.patch', arguments: '*** x', custom: true },
    { id: 'c2', name: 'plain', arguments: '{"input":"*** x"}', custom: false },
  ]);
  expect(finish.reason).toBe('tool-calls');
});

test('the answer tool is known by the caller’s name', () => {
  const disguise = { toolNames: { city_1: 'city.v1' }, answerTool: 'city.v1' };
  const { blocks, finish } = collect(undisguised(calling('{"a":1}', 'city_1'), disguise));
  expect(blocks).toEqual([{ kind: 'text', text: '{"a":1}', citations: [] }]);
  expect(finish.reason).toBe('stop');
});

/** Text, then calls of these tools. */
function saying(text: string, ...names: readonly string[]): ChatEvent[] {
  const [start, ...calls] = calling('{"a":1}', ...names);
  const later = calls.map((event) =>
    'index' in event ? { ...event, index: event.index + 1 } : event,
  );
  return [
    ...(start ? [start] : []),
    { type: 'block-start', index: 0, block: { kind: 'text' } },
    { type: 'block-delta', index: 0, delta: { kind: 'text', text } },
    { type: 'block-end', index: 0 },
    ...later,
  ];
}

test('what is said beside the answer is kept out of it', () => {
  const { blocks, finish } = collect(
    undisguised(saying('<thinking>hm</thinking>', 'city'), { answerTool: 'city' }),
  );
  expect(blocks).toMatchObject([
    { kind: 'reasoning', text: '<thinking>hm</thinking>' },
    { kind: 'text', text: '{"a":1}' },
  ]);
  expect(finish.reason).toBe('stop');
});

test('what is said after the answer is kept out of it too', () => {
  const [start, ...call] = calling('{"a":1}', 'city');
  const finish = call.pop();
  const events: ChatEvent[] = [
    ...(start ? [start] : []),
    ...call,
    { type: 'block-start', index: 1, block: { kind: 'text' } },
    { type: 'block-delta', index: 1, delta: { kind: 'text', text: 'There.' } },
    { type: 'block-end', index: 1 },
    ...(finish ? [finish] : []),
  ];
  const told = collect(undisguised(events, { answerTool: 'city' }));
  expect(told.blocks).toMatchObject([
    { kind: 'text', text: '{"a":1}' },
    { kind: 'reasoning', text: 'There.' },
  ]);
  expect(told.finish.reason).toBe('stop');
});

test('without an answer it is the answer, and beside other calls it stays text', () => {
  for (const names of [[], ['other']]) {
    const { blocks } = collect(undisguised(saying('{"a":2}', ...names), { answerTool: 'city' }));
    expect(blocks[0]).toMatchObject({ kind: 'text', text: '{"a":2}' });
    expect(blocks).toHaveLength(1 + names.length);
  }
});
