// Undisguise: an answer in the words it was asked for. What a wire has no word for is asked for as something else (a forced
// function for an output format, a function with one string for a free-text tool, another name for a tool); its answer is
// turned back here.
import type { Disguise } from '../core/dialect.ts';
import type { ChatEvent } from '../core/event.ts';
import { asObject, asString, parseJson } from '../lib/json.ts';

export class Undisguise {
  readonly #answerTool: string | null;
  readonly #customTools: ReadonlySet<string>;
  readonly #toolNames: ReadonlyMap<string, string>;
  /** What the open block is, and what of it has come that cannot be told yet. */
  #open: 'answer' | 'custom' | null = null;
  #input = '';
  #answered = false;
  #called = false;
  /** Text that may turn out to stand before the answer: models like to say something first, and it would spoil the answer. */
  #held: ChatEvent[] = [];
  #text = false;

  constructor({ answerTool, customTools, toolNames }: Disguise) {
    this.#answerTool = answerTool ?? null;
    this.#customTools = new Set(customTools ?? []);
    this.#toolNames = new Map(Object.entries(toolNames ?? {}));
  }

  /** The event as the caller asked for it; several where one that was held comes out, none while one is held. */
  push(event: ChatEvent): readonly ChatEvent[] {
    if (this.#answerTool === null) return this.#turned(event);
    if (event.type === 'block-start') this.#text = event.block.kind === 'text';
    if (this.#answered)
      return this.#text && 'index' in event ? asThought(event) : this.#turned(event);
    if (this.#holds(event)) {
      this.#held.push(event);
      return [];
    }
    const turned = this.#turned(event);
    const held = this.#held;
    this.#held = [];
    // Nobody has seen it yet, so another candidate may still answer.
    if (event.type === 'error') return turned;
    return [...(this.#answered ? held.flatMap(asThought) : held), ...turned];
  }

  #holds(event: ChatEvent): boolean {
    if (event.type === 'start' || event.type === 'finish' || event.type === 'error') return false;
    if (event.type === 'block-start' && event.block.kind === 'tool-use') return false;
    if (this.#called) return false;
    return this.#held.length > 0 || (this.#text && event.type !== 'usage');
  }

  #turned(event: ChatEvent): readonly ChatEvent[] {
    switch (event.type) {
      case 'block-start':
        return [this.#start(event)];
      case 'block-delta':
        return this.#delta(event);
      case 'block-end':
        return this.#end(event);
      case 'finish':
        // The only call was the answer: for the caller no tool was called.
        return this.#answered && !this.#called && event.reason === 'tool-calls'
          ? [{ ...event, reason: 'stop' }]
          : [event];
      case 'start':
      case 'usage':
      case 'error':
        return [event];
    }
  }

  #start(event: Extract<ChatEvent, { type: 'block-start' }>): ChatEvent {
    this.#open = null;
    if (event.block.kind !== 'tool-use') return event;
    const name = this.#toolNames.get(event.block.name) ?? event.block.name;
    const block = { ...event.block, name };
    if (block.name === this.#answerTool) {
      this.#open = 'answer';
      this.#answered = true;
      return { ...event, block: { kind: 'text' } };
    }
    this.#called = true;
    if (!this.#customTools.has(block.name)) return { ...event, block };
    this.#open = 'custom';
    this.#input = '';
    return { ...event, block: { ...block, custom: true } };
  }

  #delta(event: Extract<ChatEvent, { type: 'block-delta' }>): readonly ChatEvent[] {
    if (this.#open === null || event.delta.kind !== 'arguments') return [event];
    const { json } = event.delta;
    if (this.#open === 'answer') return [{ ...event, delta: { kind: 'text', text: json } }];
    this.#input += json;
    return [];
  }

  #end(event: Extract<ChatEvent, { type: 'block-end' }>): readonly ChatEvent[] {
    const { index } = event;
    if (this.#open !== 'custom') return [event];
    this.#open = null;
    // A model that wrote something else than it was offered is quoted as it is.
    const input = asString(asObject(parseJson(this.#input))?.input) ?? this.#input;
    return [{ type: 'block-delta', index, delta: { kind: 'arguments', json: input } }, event];
  }
}

/** Text beside the answer, where it does no harm. */
function asThought(event: ChatEvent): readonly ChatEvent[] {
  if (event.type === 'block-start' && event.block.kind === 'text')
    return [{ ...event, block: { kind: 'reasoning' } }];
  if (event.type !== 'block-delta') return [event];
  const { delta } = event;
  if (delta.kind === 'citation') return [];
  return [delta.kind === 'text' ? { ...event, delta: { ...delta, kind: 'reasoning' } } : event];
}

/** A whole answer's events, turned back. */
export function undisguised(
  events: readonly ChatEvent[],
  disguise: Disguise | undefined,
): readonly ChatEvent[] {
  if (disguise === undefined) return events;
  const undo = new Undisguise(disguise);
  return events.flatMap((event) => undo.push(event));
}
