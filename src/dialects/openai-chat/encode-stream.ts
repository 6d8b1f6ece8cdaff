// Events → a stream of this wire: one role chunk, deltas, one finish chunk, perhaps one usage chunk, [DONE].
import type { CollectedCitation } from '../../core/collect.ts';
import type { Encoder, MetadataSource, ReplyContext } from '../../core/dialect.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';
import { extraMember, isExtra } from './call-extras.ts';
import { annotation } from './citations.ts';
import { encodeErrorFrame } from './encode-error.ts';
import { encodeFinish } from './finish.ts';
import { encryptedEntry, Places, textEntry } from './reasoning-details.ts';
import { encodeUsage } from './usage.ts';

const DONE = 'data: [DONE]\n\n';

/** What the encoder remembers of the block that is open. */
interface OpenBlock {
  readonly start: BlockStart;
  /** Of a tool call: its place in `tool_calls`; of reasoning: its place in the message. */
  readonly place: number;
  readonly textStart: number;
  readonly citations: CollectedCitation[];
  empty: boolean;
}

export class StreamEncoder implements Encoder {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  /** What every chunk begins with. */
  readonly #head: JsonObject;
  /** Every chunk up to its delta, and from its delta on: only what is between them changes. */
  readonly #before: string;
  readonly #after: string;
  readonly #places = new Places();
  readonly #annotations: JsonObject[] = [];
  readonly #lost = new Set<string>();
  #open: OpenBlock | null = null;
  #begun = false;
  #over = false;
  #toolCalls = 0;
  /** State of the call that follows. */
  #extra: string | null = null;
  #refused = false;
  #textChars = 0;
  #usage: Usage = UNKNOWN_USAGE;

  /** @param head the members that every chunk of a stream that has begun already repeats; else they are ours. */
  constructor(context: ReplyContext, metadata: MetadataSource, head = headOf(context)) {
    this.#context = context;
    this.#metadata = metadata;
    this.#head = head;
    this.#before = `data: ${JSON.stringify(this.#chunk([])).replace('"choices":[]}', '"choices":[{"index":0,"delta":')}`;
    this.#after = `,"finish_reason":null}]${context.includeUsage ? ',"usage":null' : ''}}\n\n`;
  }

  /** Takes what the caller has already as said. @param calls the places in `tool_calls` that are taken. */
  passed(events: Iterable<ChatEvent>, calls: number): void {
    for (const event of events) {
      // Those were told where they stood; here they would be told again at the end.
      if (event.type === 'block-delta' && event.delta.kind === 'citation') continue;
      this.push(event);
    }
    this.#toolCalls = Math.max(this.#toolCalls, calls);
  }

  push(event: ChatEvent): string {
    if (this.#over) return '';
    switch (event.type) {
      case 'start':
        return this.#begin();
      case 'block-start':
        return this.#begin() + this.#blockStart(event.block);
      case 'block-delta':
        return this.#open === null ? '' : this.#blockDelta(this.#open, event.delta);
      case 'block-end':
        return this.#blockEnd();
      case 'usage':
        this.#usage = laterUsage(this.#usage, event.usage);
        return '';
      case 'finish':
        this.#usage = laterUsage(this.#usage, event.usage);
        return (
          this.#begin() +
          this.#blockEnd() +
          this.#finish(encodeFinish(event.reason, this.#toolCalls > 0, this.#refused))
        );
      case 'error':
        this.#over = true;
        return encodeErrorFrame(event.error, this.#metadata());
    }
  }

  #begin(): string {
    if (this.#begun) return '';
    this.#begun = true;
    return this.#delta('{"role":"assistant","content":""}');
  }

  #blockStart(start: BlockStart): string {
    const closing = this.#blockEnd();
    const isTool = start.kind === 'tool-use';
    const place = isTool ? this.#toolCalls : this.#placeOf(start);
    this.#open = { start, place, textStart: this.#textChars, citations: [], empty: true };
    if (isTool) {
      this.#toolCalls += 1;
      this.#places.of('tool-use');
    }
    return closing + this.#opening(start, place);
  }

  #placeOf(start: BlockStart): number {
    if (start.kind === 'redacted-reasoning' && isExtra(start)) return 0;
    if (start.kind === 'reasoning' || start.kind === 'redacted-reasoning')
      return this.#places.of('reasoning');
    return start.kind === 'text' ? this.#places.of('text') : 0;
  }

  #opening(start: BlockStart, place: number): string {
    switch (start.kind) {
      case 'text':
      case 'reasoning':
        return '';
      case 'refusal':
        this.#refused = true;
        return '';
      case 'redacted-reasoning':
        if (isExtra(start)) {
          this.#extra = start.data;
          return '';
        }
        return this.#context.excludeReasoning
          ? ''
          : this.#object({ reasoning_details: [encryptedEntry(place, start.format, start.data)] });
      case 'tool-use': {
        const { id, name } = start;
        const call = start.custom
          ? { type: 'custom', custom: { name, input: '' } }
          : { type: 'function', function: { name, arguments: '' } };
        const extra = extraMember(this.#extra);
        this.#extra = null;
        return this.#object({
          tool_calls: [{ index: place, id, ...call, ...extra }],
        } as JsonObject);
      }
      case 'opaque':
        if (start.dialect === 'openai-chat') return this.#object(start.value);
        this.#lose(
          `reply: a ${String(start.value.type ?? 'hosted')} block of ${start.dialect} has no place in a chat completion`,
        );
        return '';
    }
  }

  #blockDelta(open: OpenBlock, delta: BlockDelta): string {
    open.empty = false;
    switch (delta.kind) {
      case 'text':
        this.#textChars += delta.text.length;
        return this.#delta(`{"content":${JSON.stringify(delta.text)}}`);
      case 'refusal':
        return this.#delta(`{"refusal":${JSON.stringify(delta.text)}}`);
      case 'arguments':
        return this.#arguments(open, delta.json);
      case 'reasoning':
        if (this.#context.excludeReasoning) return '';
        return this.#object({
          reasoning_content: delta.text,
          reasoning_details: [textEntry(open.place, formatOf(open), { text: delta.text })],
        });
      case 'signature':
        if (this.#context.excludeReasoning) return '';
        return this.#object({
          reasoning_details: [
            textEntry(open.place, formatOf(open), { signature: delta.signature }),
          ],
        });
      case 'citation':
        open.citations.push({ dialect: delta.dialect, value: delta.value });
        return '';
    }
  }

  #arguments({ start, place }: OpenBlock, text: string): string {
    const piece = JSON.stringify(text);
    const custom = start.kind === 'tool-use' && start.custom;
    return this.#delta(
      `{"tool_calls":[{"index":${place},${custom ? `"custom":{"input":${piece}}` : `"function":{"arguments":${piece}}`}}]}`,
    );
  }

  #blockEnd(): string {
    const open = this.#open;
    if (open === null) return '';
    this.#open = null;
    for (const citation of open.citations) {
      const found = annotation(citation, open.textStart, this.#textChars);
      if (found) this.#annotations.push(found);
      else
        this.#lose(
          'reply.citations: citations of documents have no place in a chat completion, which cites URLs',
        );
    }
    // Callers parse the arguments: a call without any has the empty object.
    const bare = open.start.kind === 'tool-use' && !open.start.custom && open.empty;
    return bare ? this.#arguments(open, '{}') : '';
  }

  #finish(reason: string): string {
    this.#over = true;
    const usage = encodeUsage(this.#usage);
    const delta = this.#annotations.length > 0 ? { annotations: this.#annotations as Json[] } : {};
    const last = this.#chunk([{ index: 0, delta, finish_reason: reason }]);
    const metadata = { ...this.#metadata() };
    if (usage === null) return sseText(JSON.stringify({ ...last, metadata })) + DONE;
    if (!this.#context.includeUsage)
      return sseText(JSON.stringify({ ...last, usage, metadata })) + DONE;
    return (
      sseText(JSON.stringify({ ...last, usage: null })) +
      sseText(JSON.stringify({ ...this.#chunk([]), usage, metadata })) +
      DONE
    );
  }

  #chunk(choices: JsonObject[string]): JsonObject {
    return { ...this.#head, choices };
  }

  #object(delta: JsonObject): string {
    return this.#delta(JSON.stringify(delta));
  }

  #delta(json: string): string {
    return this.#before + json + this.#after;
  }

  #lose(what: string): void {
    if (this.#lost.has(what)) return;
    this.#lost.add(what);
    this.#context.lose(what);
  }
}

function headOf({ id, created, model }: ReplyContext): JsonObject {
  return { id, object: 'chat.completion.chunk', created, model };
}

function formatOf(open: OpenBlock): string | undefined {
  return open.start.kind === 'reasoning' ? open.start.format : undefined;
}
