// Turns → `instructions` and the items of `input`. One turn becomes several: reasoning, calls and results are items here.
import type { CacheMark, ChatCall, Message, Part, ToolResultPart } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { fitToolId } from '../openai-chat/tool-ids.ts';
import type { CallNotes } from './call-notes.ts';
import { encodeAssistantTurn } from './encode-call-assistant.ts';
import { contentPart } from './encode-call-parts.ts';

export interface EncodedInput {
  readonly instructions: string | null;
  readonly input: readonly JsonRecord[];
}

export function encodeInput(call: ChatCall, target: Target, notes: CallNotes): EncodedInput {
  const leading = leadingInstructions(call, notes);
  const customCalls = new Set<string>();
  for (const { parts } of call.messages)
    for (const part of parts)
      if (part.type === 'tool-use' && part.custom === true) customCalls.add(part.id);
  const items = new Items(target, notes, customCalls);
  const input = call.messages.slice(leading.length).flatMap((message) => items.of(message));
  const last = call.messages.at(-1);
  if (last?.role === 'assistant')
    notes.lose(last.path, 'the beginning of an answer is taken for a finished turn');
  const texts = leading.flatMap(({ parts }) =>
    parts.map((part) => (part.type === 'text' ? part.text : '')),
  );
  for (const { parts } of leading) notes.dropMarks(parts);
  return { instructions: texts.length === 0 ? null : texts.join('\n\n'), input };
}

/**
 * The system turns that are the call's instructions. Not where the model takes a prompt-cache mark that stands in them (a
 * text of instructions has no place for one), nor in JSON mode, which looks for the word "json" in the input alone; nor
 * where nothing else would be left, as there has to be some input.
 */
function leadingInstructions({ messages, output }: ChatCall, notes: CallNotes): readonly Message[] {
  if (output.type === 'json') return [];
  const end = messages.findIndex(
    ({ role, parts }) => role !== 'system' || parts.some((part) => part.type !== 'text'),
  );
  if (end === -1) return [];
  const leading = messages.slice(0, end);
  const marked = leading.some(({ parts }) => parts.some(({ cache }) => cache !== undefined));
  return marked && notes.takesMarks ? [] : leading;
}

class Items {
  readonly #target: Target;
  readonly #notes: CallNotes;
  readonly #customCalls: ReadonlySet<string>;

  constructor(target: Target, notes: CallNotes, customCalls: ReadonlySet<string>) {
    this.#target = target;
    this.#notes = notes;
    this.#customCalls = customCalls;
  }

  of(message: Message): JsonRecord[] {
    const { name, path } = message;
    if (name !== undefined) this.#notes.lose(`${path}.name`, 'messages have no names on this wire');
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#message(
          message.role,
          message.parts,
          message.parts.map((_, at) => placeIn(message, at)),
        );
      case 'user':
        return this.#user(message);
      case 'assistant':
        return encodeAssistantTurn(message, this.#target, this.#notes);
    }
  }

  /** Results first, right after their calls; opaque items of this wire are items beside the message. */
  #user(message: Message): JsonRecord[] {
    const items: JsonRecord[] = [];
    const rest: Part[] = [];
    const places: string[] = [];
    message.parts.forEach((part, at) => {
      const place = placeIn(message, at);
      if (part.type === 'tool-result') items.push(this.#result(part, place));
      else if (part.type === 'opaque' && isItem(part.value)) items.push(part.value as JsonRecord);
      else {
        rest.push(part);
        places.push(place);
      }
    });
    const said = this.#message('user', rest, places);
    if (said.length === 0 && items.length === 0)
      return [{ type: 'message', role: 'user', content: '' }];
    return [...items, ...said];
  }

  /** None where nothing of it can be carried. */
  #message(role: string, parts: readonly Part[], places: readonly string[]): JsonRecord[] {
    const content = this.#content(parts, places);
    return content === null ? [] : [{ type: 'message', role, content }];
  }

  #result(part: ToolResultPart, path: string): JsonRecord {
    if (part.isError === true)
      this.#notes.lose(
        `${path}.is_error`,
        'an output does not say that its call failed, only its text does',
      );
    const places = part.content.map((_, at) => `${path}.content[${at}]`);
    const custom = this.#customCalls.has(part.toolUseId);
    return {
      type: custom ? 'custom_tool_call_output' : 'function_call_output',
      call_id: fitToolId(part.toolUseId, this.#target.quirks.toolIdFormat),
      output: this.#content(part.content, places, part.cache) ?? '',
    };
  }

  /** One text is a string, as nearly everybody writes it; a mark needs a part to stand on. */
  #content(parts: readonly Part[], places: readonly string[], cache?: CacheMark): Json | null {
    const written = parts.flatMap((part, at) => {
      const encoded = contentPart(part, places[at] ?? '', this.#notes);
      const mark = part.cache ?? (at === parts.length - 1 ? cache : undefined);
      return encoded === null ? [] : [this.#notes.withMark(encoded, mark)];
    });
    const [only] = written;
    if (only === undefined) return null;
    const plain = only.type === 'input_text' && only.prompt_cache_breakpoint === undefined;
    return written.length === 1 && plain ? (only.text ?? '') : written;
  }
}

function placeIn({ path }: Message, at: number): string {
  return `${path}.content[${at}]`;
}

/** Items of this wire, such as the output of a hosted tool's call; what else is opaque in a turn is a content part. */
function isItem({ type }: { readonly type?: Json | undefined }): boolean {
  return typeof type === 'string' && (type.endsWith('_output') || type.endsWith('_response'));
}
