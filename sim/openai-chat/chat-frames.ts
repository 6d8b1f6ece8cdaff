// An answer as a Chat Completions stream: frames as OpenAI sends them, byte for byte but for ids and padding.
import type { Answer, AnswerCall } from '../answer.ts';
import type { Behaviour } from '../behaviour.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import { extraMember } from './wants.ts';
import { FINGERPRINT, finishReason, reasoningMembers, usageText } from './write-chat.ts';

// The vendor pads each chunk so that its length says less; the lengths here follow from the position alone.
const PADS = Array.from(
  { length: 16 },
  (_, n) => `,"obfuscation":"${'simulatedpadding'.slice(0, (n * 7) % 16)}"}\n\n`,
);

interface Delta {
  readonly choice: number;
  readonly json: string;
  /** In tokens; what `continuous` usage counts. */
  readonly tokens: number;
}

/** Every frame of the stream, made as it is asked for. */
export function* chatFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { ask, behaviour } = context;
  const envelope = new Envelope(answer, context);
  for (let choice = 0; choice < ask.choices; choice += 1) {
    yield { kind: 'open', text: envelope.chunk(choice, openingDelta(answer), null, 0) };
  }
  for (let n = 0; n < behaviour.bytes.metadata; n += 1) {
    yield { kind: 'open', text: envelope.chunk(0, '{}', null, 0) };
  }
  // One delta is held back: with `usage=with-delta` the last one carries the finish.
  let held: Delta | null = null;
  for (const delta of deltas(answer, context)) {
    if (held)
      yield { kind: 'content', text: envelope.chunk(held.choice, held.json, null, held.tokens) };
    held = delta;
  }
  const reason = finishReason(answer, behaviour);
  if (behaviour.usage === 'with-delta' && held) {
    yield { kind: 'content', text: envelope.chunk(held.choice, held.json, reason, held.tokens) };
  } else {
    if (held)
      yield { kind: 'content', text: envelope.chunk(held.choice, held.json, null, held.tokens) };
    for (let choice = 0; choice < ask.choices; choice += 1) {
      yield { kind: 'end', text: envelope.chunk(choice, '{}', reason, 0) };
    }
  }
  if (envelope.endsWithUsage) yield { kind: 'end', text: envelope.usageChunk() };
  yield { kind: 'done', text: 'data: [DONE]\n\n' };
}

function openingDelta(answer: Answer): string {
  const content =
    answer.isRefusal || (answer.text.length === 0 && answer.calls.length > 0) ? 'null' : '""';
  return `{"role":"assistant","content":${content},"refusal":${answer.isRefusal ? '""' : 'null'}}`;
}

/** What surrounds the delta, the same in every chunk of one reply. */
class Envelope {
  readonly endsWithUsage: boolean;
  readonly #head: string;
  readonly #answer: Answer;
  readonly #context: ReplyContext;
  /** The usage member of a chunk that has none to tell. */
  readonly #noUsage: string;
  #sent = 0;
  #chunks = 0;

  constructor(answer: Answer, context: ReplyContext) {
    const { ask, behaviour, ids, created } = context;
    const place = behaviour.usage;
    this.#answer = answer;
    this.#context = context;
    this.#head =
      `data: {"id":"${ids.next('chatcmpl-', 29)}","object":"chat.completion.chunk","created":${created},` +
      `"model":${JSON.stringify(ask.model)},"service_tier":"default","system_fingerprint":"${FINGERPRINT}","choices":[`;
    this.endsWithUsage = place === 'late' || (place === 'vendor' && ask.includeUsage);
    this.#noUsage = this.endsWithUsage ? ',"usage":null' : '';
  }

  chunk(choice: number, delta: string, finish: string | null, tokens: number): string {
    this.#sent += tokens;
    const reason = finish === null ? 'null' : JSON.stringify(finish);
    return this.#close(
      `${this.#head}{"index":${choice},"delta":${delta},"logprobs":null,"finish_reason":${reason}}]`,
      this.#usageMember(finish !== null),
    );
  }

  usageChunk(): string {
    return this.#close(`${this.#head}]`, `,"usage":${this.#usage()}`);
  }

  #usageMember(finishing: boolean): string {
    switch (this.#context.behaviour.usage) {
      case 'early':
        return this.#chunks === 0 ? `,"usage":${this.#usage()}` : '';
      case 'with-delta':
        return finishing ? `,"usage":${this.#usage()}` : '';
      case 'every':
        return `,"usage":${this.#usage(finishing ? undefined : this.#sent)}`;
      case 'vendor':
      case 'none':
      case 'late':
        return this.#noUsage;
    }
  }

  #usage(done?: number): string {
    return usageText(this.#answer.usage, this.#context.behaviour, this.#context.ask.choices, done);
  }

  #close(start: string, usage: string): string {
    const pad = PADS[this.#chunks & 15] ?? '}\n\n';
    this.#chunks += 1;
    return start + usage + pad;
  }
}

function* deltas(answer: Answer, { ask, behaviour, ids }: ReplyContext): Generator<Delta, void> {
  if (behaviour.reasoningField !== 'none') {
    for (const piece of answer.reasoning) {
      const members = reasoningMembers(piece, behaviour).slice(1);
      yield {
        choice: 0,
        json: `{${behaviour.reasoningField === 'reasoning_content' ? '"content":null,' : ''}${members}}`,
        tokens: 1,
      };
    }
  }
  const field = answer.isRefusal ? '"refusal"' : '"content"';
  for (const piece of answer.text) {
    const json = `{${field}:${JSON.stringify(piece)}}`;
    for (let choice = 0; choice < ask.choices; choice += 1) yield { choice, json, tokens: 1 };
  }
  if (answer.calls.length === 0) return;
  for (let choice = 0; choice < ask.choices; choice += 1) {
    const lines = answer.calls.map((call, index) =>
      callDeltas(call, index, ids.next('call_', 24), behaviour),
    );
    for (const json of behaviour.interleave ? takingTurns(lines) : lines.flat())
      yield { choice, json, tokens: 1 };
  }
}

/** One call's deltas: the first names it, the others bring its arguments. */
function callDeltas(
  call: AnswerCall,
  index: number,
  id: string,
  behaviour: Behaviour,
): readonly string[] {
  const { name, arguments: text, custom } = call;
  const size = behaviour.chunk;
  const kind = custom ? 'custom' : 'function';
  const field = custom ? 'input' : 'arguments';
  const first = JSON.stringify(size === 0 ? text : '');
  const made = [
    `{"tool_calls":[{"index":${index},"id":"${id}","type":"${kind}","${kind}":{"name":${JSON.stringify(name)},"${field}":${first}}${extraMember(call, index, behaviour)}}]}`,
  ];
  if (size === 0) return made;
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; at += size) {
    const piece = JSON.stringify(chars.slice(at, at + size).join(''));
    made.push(`{"tool_calls":[{"index":${index},"${kind}":{"${field}":${piece}}}]}`);
  }
  return made;
}

function takingTurns(lines: readonly (readonly string[])[]): readonly string[] {
  const made: string[] = [];
  const longest = Math.max(...lines.map((line) => line.length));
  for (let at = 0; at < longest; at += 1) {
    for (const line of lines) {
      const json = line[at];
      if (json !== undefined) made.push(json);
    }
  }
  return made;
}
