// The output of a stream that is passed on frame by frame, as far as whoever goes on with it has to know it: items that are
// over as they came, and of the others the marks of their way. Deltas are none of it: their text is in what was delivered.
import type { ChatEvent } from '../../core/event.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { CutCall } from './cut-call.ts';
import { CutReasoning } from './cut-reasoning.ts';
import { itemType } from './items.ts';
import { MessageItem } from './message-item.ts';
import type { BegunItem, BegunPart } from './open-item.ts';
import type { PassedItem, PassedOutput } from './output-items.ts';
import { PassedText } from './passed-text.ts';
import { OWN_FORMAT } from './reasoning-items.ts';

interface Part {
  readonly of: BegunPart['of'];
  readonly at: number;
  part: JsonObject;
  readonly annotations: JsonObject[];
  /** Its text, once the caller was told that it is whole. */
  whole: string | null;
  over: boolean;
}

interface Item {
  readonly item: JsonObject;
  readonly over: boolean;
  readonly parts: Part[];
  /** Of a call: the caller was told all that it is called with. */
  whole: boolean;
}

export class PassedItems {
  /** By their places in the output, as the caller counts them. */
  readonly #items = new Map<number, Item>();
  /** True once the caller was told that the response is under way. */
  inProgress = false;

  /** An event that passes and is no delta. @param index its item's place, as the caller has it. */
  note(type: string, data: JsonObject, index: number | undefined): void {
    if (index === undefined) {
      this.inProgress ||= type === 'response.in_progress';
      return;
    }
    this.inProgress = true;
    const over = type === 'response.output_item.done';
    if (over || type === 'response.output_item.added') {
      const item = asObject(data.item) ?? {};
      this.#items.set(index, { item, over, parts: [], whole: over });
      return;
    }
    const item = this.#items.get(index);
    if (item !== undefined && !item.over) noteInside(item, type, data);
  }

  /** @param delivered what all events said, deltas too. */
  asFarAs(delivered: Iterable<ChatEvent>): PassedOutput {
    const said = new PassedText(delivered);
    const items = [...this.#items].sort(([a], [b]) => a - b);
    for (const [, { item, over, parts }] of items)
      said.skip(item, over ? null : parts.filter((part) => part.over).map(({ part }) => part));
    const last = items.at(-1)?.[1];
    return {
      items: items.map(([index, item]) => passedItem(index, item, said)),
      block: said.block,
      fits: last !== undefined && !last.over && said.goesOnIn(last.item),
      refused: said.refused,
    };
  }
}

function noteInside(item: Item, type: string, data: JsonObject): void {
  const of = type.startsWith('response.reasoning_summary') ? 'summary' : 'content';
  const at = asNumber(of === 'summary' ? data.summary_index : data.content_index);
  if (at === undefined) {
    item.whole ||= type.endsWith('.done');
    return;
  }
  let part = item.parts.find((one) => one.of === of && one.at === at);
  if (part === undefined) {
    part = { of, at, part: {}, annotations: [], whole: null, over: false };
    item.parts.push(part);
  }
  if (type.endsWith('part.added')) part.part = asObject(data.part) ?? {};
  else if (type.endsWith('part.done')) {
    part.part = asObject(data.part) ?? part.part;
    part.over = true;
  } else if (type.endsWith('.annotation.added')) {
    const annotation = asObject(data.annotation);
    if (annotation !== undefined) part.annotations.push(annotation);
  } else if (type.endsWith('.done'))
    part.whole = asString(data.text) ?? asString(data.refusal) ?? null;
}

function passedItem(output_index: number, passed: Item, said: PassedText): PassedItem {
  const { item, over, parts, whole } = passed;
  if (over) return { output_index, item };
  const place = { output_index, item_id: asString(item.id) ?? '' };
  switch (itemType(item)) {
    case 'message': {
      const begun = begunItem(item, parts, said.take('message'), 'content');
      const refuses = (begun.open?.part.type ?? said.block?.kind) === 'refusal';
      const kind = refuses ? 'refusal' : 'text';
      return {
        output_index,
        begin: (tell, lose) => new MessageItem(kind, place, tell, lose, begun),
      };
    }
    case 'reasoning': {
      // A summary is read as its maker's form; thoughts are open models'.
      const own = said.block?.kind === 'reasoning' && said.block.format === OWN_FORMAT;
      const of = own ? 'summary' : 'content';
      const begun = begunItem(item, parts, said.take('reasoning'), of);
      return { output_index, begin: (tell) => new CutReasoning(begun, place, tell) };
    }
    case 'function_call':
    case 'custom_tool_call': {
      const text = said.take('call');
      return { output_index, begin: (tell) => new CutCall(item, text, whole, place, tell) };
    }
    default:
      return { output_index, begin: () => cutHostedCall(item) };
  }
}

/** @param of where text belongs that no part was opened for. */
function begunItem(
  item: JsonObject,
  parts: readonly Part[],
  text: string,
  of: BegunPart['of'],
): BegunItem {
  const over = (of: BegunPart['of']) =>
    parts.filter((part) => part.over && part.of === of).map(({ part }) => part);
  const last = parts.find((part) => !part.over);
  const unopened = parts.length === 0 && text !== '';
  let open: BegunPart | null = null;
  if (last !== undefined) open = { ...last, text: last.whole ?? text, whole: last.whole !== null };
  else if (unopened) open = { of, part: {}, text, annotations: [], whole: false };
  return { item, content: over('content'), summary: over('summary'), open };
}

/** Nobody can go on with another's hosted call: it came to nothing. */
function cutHostedCall(item: JsonObject) {
  const failed = item.status === undefined ? item : { ...item, status: 'failed' };
  return { add: () => undefined, endBlock: () => undefined, close: () => failed };
}
