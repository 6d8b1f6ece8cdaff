// A stream that is passed on frame by frame, breaks off, and is gone on with: what the caller gets, and what it should be.

import { Delivered } from '../../src/core/delivered.ts';
import type { ChatDialect, ReplyContext } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from '../../src/core/event.ts';
import { UNKNOWN_USAGE, type Usage } from '../../src/core/usage.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';
import { METADATA } from './example-reply.ts';

export interface Cut {
  /** How many frames the provider sent. */
  readonly frames: number;
  /** What the provider would have said besides. */
  readonly rest: readonly ChatEvent[];
  /** What the caller was sent of it, in events. */
  readonly delivered: readonly ChatEvent[];
  /** The whole text that the caller gets where another goes on so. */
  goneOn(events: readonly ChatEvent[]): string;
  /** The same where the other breaks off too, after these events. */
  failed(events: readonly ChatEvent[], error: GatewayError): string;
}

export function framesOf(text: string): SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()];
}

/** Each place in the stream after which it may be cut: before anything says that the answer is whole. */
export function cutsOf(dialect: ChatDialect, stream: string, context: ReplyContext): Cut[] {
  const decoder = dialect.decoder();
  const read = framesOf(stream).map((frame) => ({ frame, events: decoder.push(frame) }));
  const last = [...decoder.end()];
  const ends = read.findIndex(({ frame }) => endsAnswer(dialect, frame));
  const cuts: Cut[] = [];
  for (let count = 1; count <= ends; count += 1) {
    const passed = read.slice(0, count);
    const delivered = new Delivered();
    for (const { events } of passed) for (const event of events) delivered.observe(event);
    const begin = () => {
      const relay = dialect.relay(context, () => METADATA);
      const text = passed.map(({ frame }) => relay.push(frame)).join('');
      return { text, encoder: relay.continued(delivered.events()), relay };
    };
    cuts.push({
      frames: count,
      rest: [...read.slice(count).flatMap(({ events }) => events), ...last],
      delivered: [...delivered.events()],
      goneOn: (events) => {
        const { text, encoder, relay } = begin();
        const went = events.map((event) => encoder.push(event)).join('');
        return text + went + relay.end();
      },
      failed: (events, error) => {
        const { text, encoder } = begin();
        const went = events.map((event) => encoder.push(event)).join('');
        const failed = encoder.fail?.(error) ?? dialect.encodeErrorFrame(error, METADATA);
        return text + went + failed;
      },
    });
  }
  return cuts;
}

/** The frame from which on a relay knows that the answer is whole. */
function endsAnswer({ id }: ChatDialect, { data, json }: SseFrame): boolean {
  switch (id) {
    case 'openai-chat':
      return data === '[DONE]' || /"finish_reason": ?"/.test(data);
    case 'anthropic-messages':
      return json?.type === 'message_delta' || json?.type === 'message_stop';
    case 'openai-responses':
      return /^response\.(completed|incomplete|failed)$/.test(String(json?.type));
  }
}

export const USAGE: Usage = { ...UNKNOWN_USAGE, input: 111, output: 22 };

/** Ways in which another model may go on. */
export function continuations(cut: Cut): { readonly [name: string]: readonly ChatEvent[] } {
  const open = openBlock(cut.delivered);
  const next = cut.delivered.filter(({ type }) => type === 'block-start').length;
  const closing: ChatEvent[] = open === null ? [] : [{ type: 'block-end', index: next - 1 }];
  const text: ChatEvent[] =
    open?.kind === 'text'
      ? [
          delta(next - 1, { kind: 'text', text: ' and' }),
          delta(next - 1, { kind: 'text', text: ' on' }),
          ...closing,
        ]
      : [
          ...closing,
          ...block(
            next,
            { kind: 'text' },
            { kind: 'text', text: ' and' },
            { kind: 'text', text: ' on' },
          ),
        ];
  const call = block(
    open?.kind === 'text' ? next : next + 1,
    { kind: 'tool-use', id: 'call_next', name: 'get_weather' },
    { kind: 'arguments', json: '{"city":' },
    { kind: 'arguments', json: '"Oslo"}' },
  );
  return {
    'the rest of the same': cut.rest,
    'nothing but an end': [...closing, finish('stop')],
    'text and a tool call': [
      ...text,
      { type: 'usage', usage: USAGE },
      ...call,
      finish('tool-calls'),
    ],
    'thoughts, then text, up to the limit': [
      ...closing,
      ...block(next, { kind: 'reasoning' }, { kind: 'reasoning', text: 'hm' }),
      ...block(next + 1, { kind: 'text' }, { kind: 'text', text: ' and on' }),
      finish('length'),
    ],
  };
}

function openBlock(events: readonly ChatEvent[]): BlockStart | null {
  let open: BlockStart | null = null;
  for (const event of events) {
    if (event.type === 'block-start') open = event.block;
    if (event.type === 'block-end') open = null;
  }
  return open;
}

function block(index: number, start: BlockStart, ...deltas: readonly BlockDelta[]): ChatEvent[] {
  return [
    { type: 'block-start', index, block: start },
    ...deltas.map((one) => delta(index, one)),
    { type: 'block-end', index },
  ];
}

function delta(index: number, said: BlockDelta): ChatEvent {
  return { type: 'block-delta', index, delta: said };
}

function finish(reason: FinishReason): ChatEvent {
  return { type: 'finish', reason, raw: null, stopSequence: null, usage: USAGE };
}

export const BROKEN = new GatewayError('upstream_idle_timeout', 'silence-mark');
