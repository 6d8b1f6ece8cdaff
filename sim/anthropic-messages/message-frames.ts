// An answer as a Messages stream: events as Anthropic sends them, byte for byte but for ids and the amount of padding.
// https://docs.claude.com/en/docs/build-with-claude/streaming and recorded streams
import type { Answer } from '../answer.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import {
  type AnswerBlock,
  answerBlocks,
  inputUsage,
  stopMembers,
  thinkingUsage,
  totalOutput,
  wholeUsage,
} from './write-messages.ts';

export const PING = 'event: ping\ndata: {"type": "ping"}\n\n';
// The vendor pads its JSON with spaces before the last brace, so that its length says less.
const CLOSES = Array.from({ length: 16 }, (_, n) => `${' '.repeat((n * 7) % 16)}}\n\n`);

/** Every frame of the stream, made as it is asked for. */
export function* messageFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { behaviour } = context;
  const writer = new Writer();
  yield {
    kind: 'open',
    text: writer.event('message_start', `"message":${startMessage(answer, context)}`),
  };
  for (let n = 0; n < behaviour.bytes.metadata; n += 1) yield { kind: 'open', text: PING };
  let index = 0;
  for (const block of answerBlocks(answer, context)) {
    const kind = index === 0 ? 'open' : 'between';
    yield {
      kind,
      text: writer.event(
        'content_block_start',
        `"index":${index},"content_block":${emptyBlock(block)}`,
      ),
    };
    if (index === 0) yield { kind, text: PING };
    yield* blockDeltas(block, index, behaviour.chunk, writer);
    yield { kind: 'between', text: writer.event('content_block_stop', `"index":${index}`) };
    index += 1;
  }
  const delta = `"delta":{${stopMembers(answer, behaviour)}}${deltaUsage(answer, context)}`;
  yield { kind: 'end', text: writer.event('message_delta', delta) };
  yield { kind: 'done', text: writer.event('message_stop', '') };
}

class Writer {
  #events = 0;

  /** @param members of the data besides its type */
  event(type: string, members: string): string {
    const close = CLOSES[this.#events & 15] ?? '}\n\n';
    this.#events += 1;
    return `event: ${type}\ndata: {"type":"${type}"${members === '' ? '' : `,${members}`}${close}`;
  }

  delta(index: number, delta: string): string {
    return this.event('content_block_delta', `"index":${index},"delta":${delta}`);
  }
}

function startMessage(answer: Answer, { ask, behaviour, ids }: ReplyContext): string {
  const usage = startUsage(answer, behaviour.usage);
  return (
    `{"model":${JSON.stringify(ask.model)},"id":"${ids.next('msg_01', 22)}","type":"message","role":"assistant","content":[],` +
    `"stop_reason":null,"stop_sequence":null,"stop_details":null${usage}}`
  );
}

function startUsage({ usage }: Answer, place: ReplyContext['behaviour']['usage']): string {
  switch (place) {
    case 'none':
      return '';
    case 'late':
      return ',"usage":{"input_tokens":0,"output_tokens":0}';
    case 'early':
    case 'vendor':
    case 'with-delta':
    case 'every':
      return `,"usage":${wholeUsage(usage, 1)}`;
  }
}

function deltaUsage({ usage }: Answer, { behaviour }: ReplyContext): string {
  const output = totalOutput(usage);
  switch (behaviour.usage) {
    case 'none':
      return '';
    case 'early':
      // As it was until 2025: input counts only at the start.
      return `,"usage":{"output_tokens":${output}}`;
    case 'late':
    case 'vendor':
    case 'with-delta':
    case 'every':
      return `,"usage":{${inputUsage(usage)},"output_tokens":${output}${thinkingUsage(usage, output)}}`;
  }
}

function emptyBlock(block: AnswerBlock): string {
  switch (block.type) {
    case 'thinking':
      return '{"type":"thinking","thinking":"","signature":""}';
    case 'redacted_thinking':
      return JSON.stringify(block);
    case 'text':
      return '{"type":"text","text":""}';
    case 'tool_use':
      return `{"type":"tool_use","id":"${block.id}","name":${JSON.stringify(block.name)},"input":{}}`;
  }
}

function* blockDeltas(
  block: AnswerBlock,
  index: number,
  chunk: number,
  writer: Writer,
): Generator<Frame, void> {
  switch (block.type) {
    case 'thinking':
      for (const piece of block.pieces) {
        yield {
          kind: 'content',
          text: writer.delta(
            index,
            `{"type":"thinking_delta","thinking":${JSON.stringify(piece)}}`,
          ),
        };
      }
      yield {
        kind: 'between',
        text: writer.delta(index, `{"type":"signature_delta","signature":"${block.signature}"}`),
      };
      return;
    case 'redacted_thinking':
      return;
    case 'text':
      for (const piece of block.pieces) {
        yield {
          kind: 'content',
          text: writer.delta(index, `{"type":"text_delta","text":${JSON.stringify(piece)}}`),
        };
      }
      return;
    case 'tool_use': {
      // The vendor opens with an empty piece.
      yield {
        kind: 'between',
        text: writer.delta(index, '{"type":"input_json_delta","partial_json":""}'),
      };
      const chars = Array.from(block.arguments);
      const size = chunk === 0 ? chars.length : chunk;
      for (let at = 0; at < chars.length; at += size) {
        const piece = JSON.stringify(chars.slice(at, at + size).join(''));
        yield {
          kind: 'content',
          text: writer.delta(index, `{"type":"input_json_delta","partial_json":${piece}}`),
        };
      }
    }
  }
}
