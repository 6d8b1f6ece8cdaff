// An answer as a stream of response events, in the vendor's order, numbered and padded as it does.
// https://platform.openai.com/docs/api-reference/responses-streaming and recorded streams
import { asString, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { Answer } from '../answer.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import { type AnswerItem, answerItems, Envelope, textPart } from './write-responses.ts';

// The vendor pads each delta so that its length says less; the lengths here follow from the position alone.
const PADS = Array.from({ length: 16 }, (_, n) => 'simulatedpadding'.slice(0, (n * 7) % 16));

type Step = readonly [kind: Frame['kind'], type: string, members: JsonObject];

/** Every frame of the stream, made as it is asked for. */
export function* responseFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { behaviour } = context;
  const writer = new Writer();
  const envelope = new Envelope(context);
  const begun = envelope.begun() as Json;
  yield writer.frame('open', 'response.created', { response: begun });
  for (let n = 0; n <= behaviour.bytes.metadata; n += 1)
    yield writer.frame('open', 'response.in_progress', { response: begun });
  const items = answerItems(answer, context);
  const lines = items.map((item, index) => [...steps(item, index, behaviour.chunk)]);
  const firstCall = items.findIndex(({ kind }) => kind === 'call');
  const alone = firstCall === -1 ? lines : lines.slice(0, firstCall);
  const calls = firstCall === -1 ? [] : lines.slice(firstCall);
  let said = false;
  for (const [kind, type, members] of [
    ...alone.flat(),
    ...(behaviour.interleave ? takingTurns(calls) : calls.flat()),
  ]) {
    said ||= kind === 'content';
    yield writer.frame(kind === 'between' && !said ? 'open' : kind, type, members);
  }
  const response = envelope.ended(answer, items);
  yield writer.frame('done', `response.${asString(response.status)}`, {
    response: response as Json,
  });
}

class Writer {
  #number = 0;

  frame(kind: Frame['kind'], type: string, members: JsonObject): Frame {
    const number = this.#number;
    this.#number += 1;
    const pad = members.delta === undefined ? {} : { obfuscation: PADS[number & 15] ?? '' };
    const data = JSON.stringify({ type, sequence_number: number, ...members, ...pad });
    return { kind, text: `event: ${type}\ndata: ${data}\n\n` };
  }
}

function* steps(item: AnswerItem, index: number, chunk: number): Generator<Step, void> {
  const { whole } = item;
  yield [
    'between',
    'response.output_item.added',
    { output_index: index, item: begun(item) as Json },
  ];
  const place = { item_id: whole.id, output_index: index } as const;
  switch (item.kind) {
    case 'reasoning':
      if (item.pieces.length > 0) yield* summary(item.pieces, place);
      break;
    case 'text':
    case 'refusal':
      yield* content(item.kind, item.pieces, place);
      break;
    case 'call':
      yield* input(item.call.arguments, item.call.custom, chunk, place);
      break;
  }
  yield ['between', 'response.output_item.done', { output_index: index, item: whole as Json }];
}

/** The item as it is announced: nothing of it has been said. */
function begun({ kind, whole }: AnswerItem): JsonObject {
  switch (kind) {
    case 'reasoning':
      return { ...whole, summary: [] };
    case 'text':
    case 'refusal':
      return { ...whole, status: 'in_progress', content: [] };
    case 'call':
      return {
        ...whole,
        status: 'in_progress',
        [whole.type === 'function_call' ? 'arguments' : 'input']: '',
      };
  }
}

function* summary(pieces: readonly string[], place: JsonObject): Generator<Step, void> {
  const at = { ...place, summary_index: 0 };
  const part = (text: string): JsonObject => ({ ...at, part: { type: 'summary_text', text } });
  yield ['between', 'response.reasoning_summary_part.added', part('')];
  for (const delta of pieces)
    yield ['content', 'response.reasoning_summary_text.delta', { ...at, delta }];
  const text = pieces.join('');
  yield ['between', 'response.reasoning_summary_text.done', { ...at, text }];
  yield ['between', 'response.reasoning_summary_part.done', part(text)];
}

function* content(
  kind: 'text' | 'refusal',
  pieces: readonly string[],
  place: JsonObject,
): Generator<Step, void> {
  const at = { ...place, content_index: 0 };
  const isText = kind === 'text';
  const part = (text: string) => (isText ? textPart(text) : { type: 'refusal', refusal: text });
  const name = isText ? 'output_text' : 'refusal';
  yield ['between', 'response.content_part.added', { ...at, part: part('') as Json }];
  for (const delta of pieces)
    yield [
      'content',
      `response.${name}.delta`,
      { ...at, delta, ...(isText ? { logprobs: [] } : {}) },
    ];
  const text = pieces.join('');
  yield [
    'between',
    `response.${name}.done`,
    isText ? { ...at, text, logprobs: [] } : { ...at, refusal: text },
  ];
  yield ['between', 'response.content_part.done', { ...at, part: part(text) as Json }];
}

/** @param chunk characters of a delta; 0: no deltas at all, as some servers on this wire do it (the end has it whole). */
function* input(
  text: string,
  custom: boolean,
  chunk: number,
  place: JsonObject,
): Generator<Step, void> {
  const name = custom ? 'custom_tool_call_input' : 'function_call_arguments';
  const chars = Array.from(text);
  for (let at = 0; chunk > 0 && at < chars.length; at += chunk) {
    const delta = chars.slice(at, at + chunk).join('');
    yield ['content', `response.${name}.delta`, { ...place, delta }];
  }
  const kind = chunk === 0 ? 'content' : 'between';
  yield [kind, `response.${name}.done`, { ...place, [custom ? 'input' : 'arguments']: text }];
}

function takingTurns(lines: readonly (readonly Step[])[]): readonly Step[] {
  const made: Step[] = [];
  const longest = Math.max(0, ...lines.map((line) => line.length));
  for (let at = 0; at < longest; at += 1)
    for (const line of lines) made.push(...line.slice(at, at + 1));
  return made;
}
