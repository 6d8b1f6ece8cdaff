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
