// Wherever an answer breaks off, what another makes of the rest joins it to one answer that keeps the law of events.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { lawBreaks } from '../../test/contracts/event-law.ts';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { Delivered } from '../core/delivered.ts';
import type { ChatEvent } from '../core/event.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { continueCall } from './continue-call.ts';
import type { ContinuationStyle } from './overlap.ts';
import { Seam } from './seam.ts';

const WORDS = Array.from({ length: 40 }, (_, at) => `word${at} `);
const SUM = { ...UNKNOWN_USAGE, input: 11, output: 22 };

function start(): ChatEvent {
  return { type: 'start', id: 'x', model: 'm', created: null };
}

function finish(): ChatEvent {
  const usage = { ...UNKNOWN_USAGE, input: 1, output: 2 };
  return { type: 'finish', reason: 'stop', raw: null, stopSequence: null, usage };
}

function block(
  index: number,
  kind: 'text' | 'reasoning',
  pieces: readonly string[],
): readonly ChatEvent[] {
  return [
    { type: 'block-start', index, block: { kind } },
    ...pieces.map((text): ChatEvent => ({ type: 'block-delta', index, delta: { kind, text } })),
    { type: 'block-end', index },
  ];
}

function call(index: number): readonly ChatEvent[] {
  return [
    { type: 'block-start', index, block: { kind: 'tool-use', id: 'c', name: 'f' } },
    { type: 'block-delta', index, delta: { kind: 'arguments', json: '{}' } },
    { type: 'block-end', index },
  ];
}

/** The whole answer as its caller sees it: what was delivered, then what the seam makes of the rest. */
function joined(
  before: readonly ChatEvent[],
  rest: readonly ChatEvent[],
  style: ContinuationStyle,
): readonly ChatEvent[] {
  const delivered = new Delivered();
  for (const event of before) delivered.observe(event);
  const continued = { call: null as never, style, sent: delivered.text };
  const seam = new Seam(delivered, continued, () => SUM);
  return [...before, ...rest.flatMap((event) => seam.push(event))];
}

function textOf(events: readonly ChatEvent[], kind: 'text' | 'reasoning'): string {
  let text = '';
  for (const event of events)
    if (event.type === 'block-delta' && event.delta.kind === kind) text += event.delta.text;
  return text;
}

describe('a seam', () => {
  test('joins an answer cut anywhere, whatever the rest begins with', () => {
    const whole = [start(), ...block(0, 'reasoning', ['hm ', 'well ']), ...block(1, 'text', WORDS)];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: whole.length }),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 3 }),
        (cut, thinks, calls, repeated) => {
          const before = whole.slice(0, cut);
          const said = textOf(before, 'text');
          const at = WORDS.findIndex((_, index) => WORDS.slice(0, index).join('') === said);
          const left = WORDS.slice(Math.max(0, (at === -1 ? WORDS.length : at) - repeated));
          const rest = [start()];
          if (thinks) rest.push(...block(0, 'reasoning', ['again ']));
          rest.push(...block(rest.length > 1 ? 1 : 0, 'text', left));
          if (calls) rest.push(...call(thinks ? 2 : 1));
          rest.push(finish());
          const events = joined(before, rest, said === '' ? 'fresh' : 'prompt');
          expect(lawBreaks(events)).toEqual([]);
          expect(textOf(events, 'text')).toBe(WORDS.join(''));
          // What was thought is shown once: the second model's thoughts only where nothing had been shown.
          const shown = before.some(({ type }) => type === 'block-start');
          if (shown) expect(textOf(events, 'reasoning')).toBe(textOf(before, 'reasoning'));
          expect(events.at(-1)).toMatchObject({ type: 'finish', usage: SUM });
        },
      ),
    );
  });

  test('goes on in the block that is open, and opens none for nothing', () => {
    const before = [start(), ...block(0, 'text', ['All ', 'of it.']).slice(0, -1)];
    const events = joined(before, [start(), finish()], 'prompt');
    expect(lawBreaks(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'block-start')).toHaveLength(1);
  });

  test('an error passes, and nothing is made of it', () => {
    const before = [start(), ...block(0, 'text', ['One ']).slice(0, -1)];
    const error: ChatEvent = { type: 'error', error: new Error('x') as never };
    expect(joined(before, [start(), error], 'prompt').at(-1)).toBe(error);
  });
});

describe('a continuation', () => {
  test('is refused where only the maker could give the other half', () => {
    const delivered = new Delivered();
    for (const event of [start(), ...call(0)]) delivered.observe(event);
    const target = { provider: 'p', model: exampleCandidate().model, quirks: {} } as never;
    expect(continueCall({ messages: [] } as never, delivered, target, {} as never)).toBeNull();
  });
});
