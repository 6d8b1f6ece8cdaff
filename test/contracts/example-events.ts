// Answers as events: one with everything, and the plain kinds.
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from '../../src/core/event.ts';
import { UNKNOWN_USAGE, type Usage } from '../../src/core/usage.ts';

const USAGE: Usage = { ...UNKNOWN_USAGE, input: 100, cacheRead: 20, output: 30, reasoning: 10 };

function answer(
  reason: FinishReason,
  ...blocks: readonly (readonly [BlockStart, ...BlockDelta[]])[]
): ChatEvent[] {
  return [
    { type: 'start', id: 'theirs', model: 'their-model', created: 1_700_000_001 },
    ...blocks.flatMap(([block, ...deltas], index): ChatEvent[] => [
      { type: 'block-start', index, block },
      ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
      { type: 'block-end', index },
    ]),
    { type: 'finish', reason, raw: null, stopSequence: null, usage: USAGE },
  ];
}

const text = (...pieces: string[]) =>
  [{ kind: 'text' }, ...pieces.map((piece) => ({ kind: 'text', text: piece }) as const)] as const;
const call = (id: string, name: string, ...pieces: string[]) =>
  [
    { kind: 'tool-use', id, name },
    ...pieces.map((json) => ({ kind: 'arguments', json }) as const),
  ] as const;

export const RICH_EVENTS: readonly ChatEvent[] = answer(
  'tool-calls',
  [
    { kind: 'reasoning', format: 'anthropic-claude-v1' },
    { kind: 'reasoning', text: 'reason-mark ' },
    { kind: 'reasoning', text: 'on' },
    { kind: 'signature', signature: 'signature-mark' },
  ],
  [{ kind: 'redacted-reasoning', data: 'hidden-mark', format: 'anthropic-claude-v1' }],
  text('Héllo ', '😀 wor', 'ld'),
  call('call_1', 'get_weather', '{"ci', 'ty":"Os', 'lo"}'),
  call('call_2', 'no_arguments', '{}'),
);

export const EXAMPLE_EVENTS: { readonly [name: string]: readonly ChatEvent[] } = {
  'everything at once': RICH_EVENTS,
  'plain text': answer('stop', text('Hi')),
  'cut off by its limit': answer('length', text('Once upon')),
  'a call alone': answer('tool-calls', call('call_1', 'f', '{"a":[1,{"b":null}]}')),
  'reasoning of another maker': answer(
    'stop',
    [
      { kind: 'reasoning', format: 'openai-responses-v1' },
      { kind: 'reasoning', text: 'hm' },
      { kind: 'signature', signature: 'gAAA' },
    ],
    text('Hi'),
  ),
  'filtered away': answer('content-filter', text('Sorry')),
  'nothing at all': answer('stop'),
};
