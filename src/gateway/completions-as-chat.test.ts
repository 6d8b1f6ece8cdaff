// A text completion made of a chat stream that breaks off goes on as a completion.
import { expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../test/contracts/example-reply.ts';
import type { ChatEvent } from '../core/event.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { asObjects } from '../lib/json.ts';
import { SseParser, sseText } from '../lib/sse.ts';
import { completionsAsChat } from './completions-as-chat.ts';

test('the same completion goes on, with one end', () => {
  const relay = completionsAsChat.relay(contextOf(), () => METADATA);
  const choices = [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }];
  const parser = new SseParser();
  const [frame] = parser.push(sseText(JSON.stringify({ id: 'theirs', model: 'm', choices })));
  let text = frame === undefined ? '' : relay.push(frame);
  const delivered: ChatEvent[] = [
    { type: 'start', id: 'theirs', model: 'm', created: null },
    { type: 'block-start', index: 0, block: { kind: 'text' } },
    { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hel' } },
  ];
  const encoder = relay.continued(delivered);
  const usage = { ...UNKNOWN_USAGE, input: 30, output: 4 };
  const rest: ChatEvent[] = [
    { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'lo' } },
    { type: 'block-end', index: 0 },
    { type: 'finish', reason: 'stop', raw: null, stopSequence: null, usage },
  ];
  for (const event of rest) text += encoder.push(event);
  const frames = new SseParser().push(text);
  const bodies = frames.flatMap(({ json }) => (json === undefined ? [] : [json]));
  expect(new Set(bodies.map(({ id, object }) => `${id} ${object}`))).toEqual(
    new Set(['reply-1 text_completion']),
  );
  expect(bodies.flatMap((body) => asObjects(body.choices)).map((choice) => choice.text)).toEqual([
    'Hel',
    'lo',
    '',
  ]);
  expect(bodies.at(-1)?.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 4 });
  expect(frames.at(-1)?.data).toBe('[DONE]');
});
