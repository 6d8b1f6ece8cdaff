// Items of an answer, piece by piece or whole, as blocks. Servers differ in what they send of an item: deltas, only the
// whole at the end, or both; each piece of text is told once, whichever way it comes first.
import type { JsonObject } from '../../lib/json.ts';
import { asArray, asObjects, asString, type Json } from '../../lib/json.ts';
import { citationOf } from './decode-citation.ts';
import { DIALECT } from './hosted-tools.ts';
import { itemType } from './items.ts';
import type { Lane, Lanes } from './lanes.ts';
import { decodeReasoningItem, OWN_FORMAT } from './reasoning-items.ts';

/** What of the whole has not been told yet; nothing where the whole is another text than what was told. */
function untold(told: string, whole: string): string {
  return whole.startsWith(told) ? whole.slice(told.length) : '';
}

export interface ItemReader {
  readonly type: string;
  readonly over: boolean;
  /** The whole item. */
  done(item: JsonObject): void;
  /** The answer ended without it. */
  abandon(): void;
}

/** A message: its texts and refusals, each a block of its own. */
export class MessageReader implements ItemReader {
  readonly type = 'message';
  readonly #lane: Lane;
  readonly #told = new Map<number, string>();
  /** Per part: how many annotations were told, and those that came before its text. */
  readonly #cited = new Map<number, number>();
  readonly #waiting = new Map<number, JsonObject[]>();
  #part: number | null = null;
  refused = false;

  constructor(lanes: Lanes) {
    this.#lane = lanes.open();
  }

  get over(): boolean {
    return this.#lane.over;
  }

  text(part: number, text: string): void {
    if (text === '') return;
    this.#enter(part, 'text');
    this.#lane.delta({ kind: 'text', text });
    this.#told.set(part, (this.#told.get(part) ?? '') + text);
    for (const annotation of this.#waiting.get(part) ?? [])
      this.#lane.delta(citationOf(annotation));
    this.#waiting.delete(part);
  }

  wholeText(part: number, text: string): void {
    this.text(part, untold(this.#told.get(part) ?? '', text));
  }

  refusal(part: number, text: string): void {
    this.refused = true;
    if (text === '') return;
    this.#enter(part, 'refusal');
    this.#lane.delta({ kind: 'refusal', text });
    this.#told.set(part, (this.#told.get(part) ?? '') + text);
  }

  wholeRefusal(part: number, text: string): void {
    this.refusal(part, untold(this.#told.get(part) ?? '', text));
  }

  /** @param at which of the part's annotations it is; undefined: the next. */
  annotation(part: number, annotation: JsonObject, at: number | undefined): void {
    const told = this.#cited.get(part) ?? 0;
    if (at !== undefined && at < told) return;
    this.#cited.set(part, told + 1);
    if (this.#part === part && this.#lane.open?.kind === 'text') {
      this.#lane.delta(citationOf(annotation));
      return;
    }
    const waiting = this.#waiting.get(part) ?? [];
    waiting.push(annotation);
    this.#waiting.set(part, waiting);
  }

  /** A whole content part. */
  part(at: number, part: JsonObject): void {
    if (part.type === 'refusal') this.wholeRefusal(at, asString(part.refusal) ?? '');
    else if (typeof part.text === 'string') {
      this.wholeText(at, part.text);
      asObjects(part.annotations).forEach((annotation, index) => {
        this.annotation(at, annotation, index);
      });
    }
  }

  done(item: JsonObject): void {
    const { content } = item;
    if (typeof content === 'string') this.wholeText(0, content);
    else asObjects(content).forEach((part, at) => this.part(at, part));
    this.#lane.close();
  }

  abandon(): void {
    this.#lane.close();
  }

  #enter(part: number, kind: 'text' | 'refusal'): void {
    if (this.#part === part && this.#lane.open?.kind === kind) return;
    this.#part = part;
    this.#lane.start({ kind });
  }
}

/** Reasoning: its summary (parts apart by a blank line) or, from open models, the thoughts themselves; its state comes last. */
export class ReasoningReader implements ItemReader {
  readonly type = 'reasoning';
  readonly #lanes: Lanes;
  readonly #told = new Map<number, string>();
  #lane: Lane;
  #source: 'summary' | 'content' | null = null;
  #over = false;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
    this.#lane = lanes.open();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Servers that give both the thoughts and a summary of them are read for what they give first. */
  text(source: 'summary' | 'content', part: number, text: string): void {
    if (text === '' || this.#over || (this.#source !== null && this.#source !== source)) return;
    const isFirst = this.#source === null;
    this.#source = source;
    const told = this.#told.get(part);
    this.#told.set(part, (told ?? '') + text);
    // A summary is its maker's form, which comes with state; thoughts are open models', which have none.
    const format = source === 'summary' ? OWN_FORMAT : undefined;
    // Recorded: a router ends the thoughts of an open model only after the message that follows them.
    const lane = this.#speaking(format);
    if (source === 'content') lane.yields = true;
    lane.delta({ kind: 'reasoning', text: told === undefined && !isFirst ? `\n\n${text}` : text });
  }

  wholeText(source: 'summary' | 'content', part: number, text: string): void {
    this.text(source, part, untold(this.#told.get(part) ?? '', text));
  }

  done(item: JsonObject): void {
    for (const [source, parts] of [
      ['content', item.content],
      ['summary', item.summary],
    ] as const)
      asArray(parts).forEach((part, at) => {
        this.wholeText(source, at, textOf(part));
      });
    this.#state(item);
    this.abandon();
  }

  abandon(): void {
    this.#over = true;
    this.#lane.close();
  }

  #state(item: JsonObject): void {
    const part = decodeReasoningItem(item);
    if (part === null) return;
    if (part.type === 'redacted-reasoning') {
      const { data, format } = part;
      this.#fresh().start({
        kind: 'redacted-reasoning',
        data,
        ...(format === undefined ? {} : { format }),
      });
    } else if (part.signature !== undefined) {
      const { signature, format } = part;
      this.#speaking(format).delta({ kind: 'signature', signature });
    }
  }

  /** The lane with a block of this format open. */
  #speaking(format: string | undefined): Lane {
    const lane = this.#fresh();
    const { open } = lane;
    if (open?.kind !== 'reasoning' || open.format !== format)
      lane.start({ kind: 'reasoning', ...(format === undefined ? {} : { format }) });
    return lane;
  }

  #fresh(): Lane {
    if (this.#lane.over) this.#lane = this.#lanes.open();
    return this.#lane;
  }
}

function textOf(part: Json): string {
  return (
    (typeof part === 'object' && part !== null && !Array.isArray(part)
      ? asString((part as JsonObject).text)
      : undefined) ?? ''
  );
}

/** A call of one of the caller's tools: JSON arguments, or the free text of a custom tool. */
export class CallReader implements ItemReader {
  readonly type: 'function_call' | 'custom_tool_call';
  readonly #lane: Lane;
  #told = '';
  /** What came before the call was named. */
  #held = '';

  constructor(lanes: Lanes, type: 'function_call' | 'custom_tool_call') {
    this.type = type;
    this.#lane = lanes.open();
  }

  get over(): boolean {
    return this.#lane.over;
  }

  /** Opens the call where the item names it. */
  named(item: JsonObject): void {
    const name = asString(item.name) ?? '';
    const id = asString(item.call_id) || asString(item.id) || '';
    if (this.#lane.open !== null || this.#lane.over || name === '' || id === '') return;
    const custom = this.type === 'custom_tool_call' ? { custom: true } : {};
    this.#lane.start({ kind: 'tool-use', id, name, ...custom });
    const held = this.#held;
    this.#held = '';
    if (held !== '') this.#lane.delta({ kind: 'arguments', json: held });
  }

  arguments(text: string): void {
    if (text === '') return;
    this.#told += text;
    if (this.#lane.open === null) this.#held += text;
    else this.#lane.delta({ kind: 'arguments', json: text });
  }

  wholeArguments(text: string): void {
    this.arguments(untold(this.#told, text));
  }

  done(item: JsonObject): void {
    this.named(item);
    this.wholeArguments(asString(item.arguments) ?? asString(item.input) ?? '');
    this.#lane.close();
  }

  abandon(): void {
    this.#lane.close();
  }
}

/** What only this wire can carry: told when it is whole, so that it holds nothing up. */
export class OpaqueReader implements ItemReader {
  readonly type: string;
  readonly #lanes: Lanes;
  #item: JsonObject;
  over = false;

  constructor(lanes: Lanes, item: JsonObject) {
    this.#lanes = lanes;
    this.#item = item;
    this.type = itemType(item);
  }

  done(item: JsonObject): void {
    if (this.over) return;
    this.over = true;
    const lane = this.#lanes.open();
    lane.start({ kind: 'opaque', dialect: DIALECT, value: item });
    lane.close();
  }

  /** As far as it got: that it was begun is part of the answer. */
  abandon(): void {
    this.done(this.#item);
  }
}
