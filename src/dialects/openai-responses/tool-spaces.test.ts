// Tools in namespaces and tools added among the input: one name each on the way out, their own names on the way back.
import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../lib/json.ts';
import { decodeCall } from './decode-call.ts';
import { spacedNames, withoutSpaces } from './tool-spaces.ts';

const fn = (name: string): JsonObject => ({
  type: 'function',
  name,
  parameters: { type: 'object' },
});
const space = (name: string, ...tools: JsonObject[]): JsonObject => ({
  type: 'namespace',
  name,
  tools,
});
const BODY: JsonObject = {
  model: 'm',
  tools: [fn('plain'), space('files', fn('read'), { type: 'custom', name: 'patch' })],
  tool_choice: { type: 'function', name: 'read', namespace: 'files' },
  input: [
    {
      type: 'additional_tools',
      role: 'developer',
      tools: [space('functions', fn('exec'), fn('plain')), fn('plain')],
    },
    { role: 'user', content: 'Go.' },
    { type: 'function_call', call_id: 'a', name: 'read', namespace: 'files', arguments: '{}' },
    { type: 'function_call', call_id: 'b', name: 'exec', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: 'A' },
    { type: 'function_call_output', call_id: 'b', output: 'B' },
  ],
};

describe('tools in spaces', () => {
  test('are plain tools under one name each, wherever they were offered', () => {
    const call = decodeCall(BODY);
    expect(call.tools.map(({ type, name }) => [type, name])).toEqual([
      ['function', 'plain'],
      ['function', 'files__read'],
      ['custom', 'files__patch'],
      ['function', 'exec'],
      // The plain one has the name already.
      ['function', 'functions__plain'],
    ]);
    expect(call.toolChoice).toEqual({ type: 'tool', name: 'files__read' });
  });

  test('are called by that name in the conversation, whose places stay what they were', () => {
    const { messages, extra } = decodeCall(BODY);
    expect(messages.map(({ path }) => path)).toEqual(['input[1]', 'input[2]', 'input[4]']);
    expect(messages[1]?.parts.map((part) => part.type === 'tool-use' && part.name)).toEqual([
      'files__read',
      'exec',
    ]);
    expect(extra).toEqual({});
  });

  test('have their own names and spaces again in the answer', () => {
    expect([...spacedNames(BODY)]).toEqual([
      ['files__read', { name: 'read', namespace: 'files' }],
      ['files__patch', { name: 'patch', namespace: 'files' }],
      ['exec', { name: 'exec', namespace: 'functions' }],
      ['functions__plain', { name: 'plain', namespace: 'functions' }],
    ]);
  });

  test('leave a request without any as it is, and what no other wire has where it stands', () => {
    const plain = { model: 'm', input: 'Hi', tools: [fn('a')] };
    expect(withoutSpaces(plain)).toBe(plain);
    const hosted = space('web', { type: 'web_search' });
    const mixed = withoutSpaces({ input: [], tools: [hosted, space('own', fn('x'))] });
    expect(mixed.tools).toEqual([hosted, { ...fn('x'), name: 'own__x' }]);
  });

  test('take a time that grows with their number, not with its square', () => {
    const tools = Array.from({ length: 40_000 }, (_, n) => fn(`f${n}`));
    const startedAt = performance.now();
    const { tools: flat } = withoutSpaces({ input: [], tools: [space('one', fn('x')), ...tools] });
    expect(flat).toHaveLength(40_001);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
