// Which answers count as broken by their tool calls.
import { describe, expect, test } from 'bun:test';
import type { ChatEvent, FinishReason } from '../core/event.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { needyTools, ToolCallCheck } from './tool-call-check.ts';

function check(
  pieces: readonly string[],
  reason: FinishReason = 'tool-calls',
  custom = false,
  needy?: ReadonlySet<string>,
): string | null {
  const events: ChatEvent[] = [
    { type: 'start', id: null, model: null, created: null },
    { type: 'block-start', index: 0, block: { kind: 'tool-use', id: 'c', name: 'f', custom } },
    ...pieces.map(
      (json): ChatEvent => ({ type: 'block-delta', index: 0, delta: { kind: 'arguments', json } }),
    ),
    { type: 'block-end', index: 0 },
    { type: 'finish', reason, raw: null, stopSequence: null, usage: UNKNOWN_USAGE },
  ];
  const checking = new ToolCallCheck(needy);
  const found = events.map((event) => checking.observe(event));
  expect(found.slice(0, -1).every((error) => error === null)).toBe(true);
  return found.at(-1)?.code ?? null;
}

describe('ToolCallCheck', () => {
  test.each([
    [['{"a":', '1}'], null],
    [[], null],
    [[' '], null],
    [['{"a": "R'], 'upstream_invalid_response'],
    [['[1]'], 'upstream_invalid_response'],
    [['{}', '{}'], 'upstream_invalid_response'],
  ])('%j → %j', (pieces, code) => {
    expect(check(pieces)).toBe(code);
  });

  test('no arguments where some are required were lost', () => {
    const needy = needyTools([
      { type: 'function', name: 'f', parameters: { type: 'object', required: ['a'] } },
      { type: 'function', name: 'g', parameters: { type: 'object', required: [] } },
      { type: 'custom', name: 'h' },
    ]);
    expect([...needy]).toEqual(['f']);
    expect(check([], 'tool-calls', false, needy)).toBe('upstream_invalid_response');
    expect(check(['{}'], 'tool-calls', false, needy)).toBeNull();
    expect(check([], 'length', false, needy)).toBeNull();
  });

  test('a call cut at the length limit, and free text, are what they are', () => {
    expect(check(['{"a": "R'], 'length')).toBeNull();
    expect(check(['ls -l'], 'tool-calls', true)).toBeNull();
  });
});
