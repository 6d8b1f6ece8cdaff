// A stream that is passed on frame by frame, breaks off, and is gone on with: what the caller gets, and what it should be.

import { collect } from '../../src/core/collect.ts';
import { Delivered } from '../../src/core/delivered.ts';
import type { ChatDialect, ReplyContext } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from '../../src/core/event.ts';
import { totalInput, totalOutput, UNKNOWN_USAGE, type Usage } from '../../src/core/usage.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';
import { METADATA } from './example-reply.ts';

export interface Cut {
  /** How many frames the provider sent. */
  readonly frames: number;
  /** What the provider would have said besides. */
  readonly rest: readonly ChatEvent[];
  /** What the caller was sent of it, in events. */
  readonly delivered: readonly ChatEvent[];
  /** The same as it came, piece by piece. */
  readonly pieces: readonly ChatEvent[];
  /** What the provider reported of its cost. */
  readonly usage: Usage;
  /** The whole text that the caller gets where another goes on so. */
  goneOn(events: readonly ChatEvent[]): string;
  /** The same where the other breaks off too, after these events. */
  failed(events: readonly ChatEvent[], error: GatewayError): string;
}

function framesOf(text: string): SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()];
}

/** A stream that can be cut after as many of its frames as one likes, before anything says that the answer is whole. */
export class CutStream {
  readonly #dialect: ChatDialect;
  readonly #context: ReplyContext;
  readonly #read: readonly { readonly frame: SseFrame; readonly events: readonly ChatEvent[] }[];
  readonly #end: readonly ChatEvent[];
  /** After so many frames the answer is whole. */
  readonly frames: number;

  constructor(dialect: ChatDialect, stream: string, context: ReplyContext) {
    const decoder = dialect.decoder();
    this.#dialect = dialect;
    this.#context = context;
    this.#read = framesOf(stream).map((frame) => ({ frame, events: decoder.push(frame) }));
    this.#end = decoder.end();
    this.frames = this.#read.findIndex(({ frame }) => endsAnswer(dialect, frame));
  }

  /** What the whole of it says. */
  get events(): ChatEvent[] {
    return [...this.#read.flatMap(({ events }) => events), ...this.#end];
  }

  /** What the caller gets where nothing breaks. */
  whole(): string {
    const relay = this.#dialect.relay(this.#context, () => METADATA);
    return this.#read.map(({ frame }) => relay.push(frame)).join('') + relay.end();
  }

  at(frames: number): Cut {
    const passed = this.#read.slice(0, frames);
    const delivered = new Delivered();
    let usage = UNKNOWN_USAGE;
    const pieces = passed.flatMap(({ events }) => events);
    for (const event of pieces) {
      delivered.observe(event);
      if (event.type === 'usage') usage = event.usage;
    }
    const rest = [...this.#read.slice(frames).flatMap(({ events }) => events), ...this.#end];
    const goneOn = (events: readonly ChatEvent[]) => {
      const relay = this.#dialect.relay(this.#context, () => METADATA);
      const text = passed.map(({ frame }) => relay.push(frame)).join('');
      const encoder = relay.continued(delivered.events());
      const went = events.map((event) => encoder.push(event)).join('');
      return { text: text + went + relay.end(), encoder };
    };
    return {
      frames,
      delivered: [...delivered.events()],
      pieces,
      usage,
      rest: rest.filter(({ type }) => type !== 'start'),
      goneOn: (events) => goneOn(events).text,
      failed: (events, error) => {
        const { text, encoder } = goneOn(events);
        return text + (encoder.fail?.(error) ?? this.#dialect.encodeErrorFrame(error, METADATA));
      },
    };
  }
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

/** What the other model cost, and both. */
const COST: Usage = { ...UNKNOWN_USAGE, input: 111, output: 22 };

function costOfBoth({ input, output, ...first }: Usage): Usage {
  return { ...first, input: (input ?? 0) + 111, output: (output ?? 0) + 22 };
}

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
    'nothing but an end': [...closing, finish('stop', cut)],
    'text and a tool call': [
      ...text,
      { type: 'usage', usage: COST },
      ...call,
      finish('tool-calls', cut),
    ],
    'thoughts, then text, up to the limit': [
      ...closing,
      ...block(next, { kind: 'reasoning' }, { kind: 'reasoning', text: 'hm' }),
      ...block(next + 1, { kind: 'text' }, { kind: 'text', text: ' and on' }),
      finish('length', cut),
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

function finish(reason: FinishReason, { usage }: Cut): ChatEvent {
  return { type: 'finish', reason, raw: null, stopSequence: null, usage: costOfBoth(usage) };
}

export const BROKEN = new GatewayError('upstream_idle_timeout', 'silence-mark');

/** What a stream of this dialect says, read by its own decoder. */
export function decoded(dialect: ChatDialect, text: string): ChatEvent[] {
  const decoder = dialect.decoder();
  return [...framesOf(text).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export interface Gist {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly (readonly [id: string, name: string, input: unknown])[];
  readonly reason: FinishReason;
  readonly usage: readonly [number | null, number | null];
}

/** What an answer says, however it is cut into blocks. */
export function gist(events: readonly ChatEvent[], exclude: boolean): Gist {
  const { blocks, finish } = collect(events);
  const textOf = (kind: string) =>
    blocks.map((block) => (block.kind === kind && 'text' in block ? block.text : '')).join('');
  return {
    text: textOf('text'),
    // Two items, two texts; the parts of one are told apart by a blank line.
    reasoning: exclude ? '' : textOf('reasoning').replaceAll('\n', ''),
    calls: blocks.flatMap((block) =>
      block.kind === 'tool-use' ? [[block.id, block.name, JSON.parse(block.arguments)]] : [],
    ),
    reason: finish.reason,
    usage: [totalInput(finish.usage), totalOutput(finish.usage)],
  };
}
