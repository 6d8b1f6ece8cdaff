// Turns → systemInstruction and contents: one content a turn of the model, the results of its calls together in the next.
// ai.google.dev/gemini-api/docs/function-calling
import type { Message, Part, TextPart, ToolUsePart } from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import { isExact } from '../../lib/exact-json.ts';
import { asObject, type JsonObject, type JsonRecord, parseJson } from '../../lib/json.ts';
import { argumentsOf } from '../call-arguments.ts';
import { encodeAudio, encodeDocument, encodeImage } from './encode-media.ts';
import { encodeResult } from './encode-results.ts';
import { ModelTurn } from './model-turn.ts';

type Lose = (what: string) => void;

interface Content {
  readonly role: 'user' | 'model';
  readonly parts: JsonRecord[];
}

export interface Contents {
  readonly system: readonly JsonRecord[];
  readonly contents: readonly Content[];
}

/** Stand in for a user turn where the wire demands one and the caller has none. */
const OPENING = 'Begin.';
const CONTINUE = 'Continue.';

/** Throws `invalid_request` where a tool call's arguments are no JSON object. */
export function encodeContents(
  messages: readonly Message[],
  rule: ModelRule | null,
  lose: Lose,
): Contents {
  return new ContentsWriter(messages, rule, lose).write();
}

class ContentsWriter {
  readonly #messages: readonly Message[];
  readonly #rule: ModelRule | null;
  readonly #lose: Lose;
  readonly #names = new Map<string, string>();
  /** The order of the calls of each turn, which results are put back into. */
  readonly #order = new Map<string, number>();
  readonly #system: JsonRecord[] = [];
  readonly #contents: Content[] = [];
  /** Where the results of the last turn of the model have to stand. */
  #resultsAt: number | null = null;

  constructor(messages: readonly Message[], rule: ModelRule | null, lose: Lose) {
    this.#messages = messages;
    this.#rule = rule;
    this.#lose = lose;
  }

  write(): Contents {
    for (const message of this.#messages) this.#message(message);
    this.#finish();
    return { system: this.#system, contents: this.#contents };
  }

  #message(message: Message): void {
    if (message.name !== undefined)
      this.#lose(`${message.path}.name: dropped; turns have no names`);
    switch (message.role) {
      case 'system':
      case 'developer':
        this.#instruction(message);
        return;
      case 'user':
        this.#user(message);
        return;
      case 'assistant':
        this.#model(message);
        return;
    }
  }

  /** The wire has one instruction, before everything. What is said later stays where it was said, marked as what it is. */
  #instruction(message: Message): void {
    const parts = message.parts.flatMap((part, at) => {
      if (part.type === 'text')
        return part.text === '' ? [] : [this.#text(part, `${message.path}.content[${at}]`)];
      this.#lose(
        `${message.path}.content[${at}]: ${part.type} dropped; an instruction takes only text`,
      );
      return [];
    });
    if (parts.length === 0) return;
    if (this.#contents.length === 0) {
      this.#system.push(...parts);
      return;
    }
    this.#lose(`${message.path}: no instruction may stand here; sent inside a user turn`);
    const marked = parts.map(({ text }) => ({
      text: `<system-reminder>\n${String(text)}\n</system-reminder>`,
    }));
    this.#append({ role: 'user', parts: marked });
  }

  #user(message: Message): void {
    const results: { readonly part: JsonRecord; readonly order: number }[] = [];
    const beside: JsonRecord[] = [];
    const rest: JsonRecord[] = [];
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      if (part.type !== 'tool-result') {
        rest.push(...this.#part(part, path));
        return;
      }
      const name = this.#names.get(part.toolUseId) ?? part.toolUseId;
      const inside = this.#rule?.mediaInResults !== false;
      const encoded = encodeResult(part, name, inside, path, this.#lose);
      results.push({ part: encoded.response, order: this.#order.get(part.toolUseId) ?? 0 });
      beside.push(...encoded.beside);
    });
    results.sort((one, other) => one.order - other.order);
    const responses = results.map(({ part }) => part);
    if (responses.length > 0) this.#results(responses);
    // Recorded: what is said beside results is a content of its own.
    const others = [...beside, ...rest];
    if (others.length > 0) this.#contents.push({ role: 'user', parts: others });
  }

  #model(message: Message): void {
    const turn = new ModelTurn(this.#rule?.bareCalls === true);
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      switch (part.type) {
        case 'reasoning':
        case 'redacted-reasoning':
          if (!turn.reasoning(part))
            this.#lose(`${path}: reasoning dropped; it is not this model maker's`);
          return;
        case 'tool-use':
          this.#names.set(part.id, part.name);
          this.#order.set(part.id, this.#order.size);
          turn.call(this.#call(part, path));
          return;
        case 'text':
          if (part.text !== '') turn.text(this.#text(part, path));
          return;
        default:
          for (const encoded of this.#part(part, path)) turn.other(encoded);
      }
    });
    const parts = turn.parts();
    if (parts.length === 0) return;
    this.#append({ role: 'model', parts });
    this.#resultsAt = this.#contents.length;
  }

  #call(part: ToolUsePart, path: string): JsonRecord {
    const { id, name } = part;
    const args = argumentsOf(part, path);
    // Google's side holds them in a Struct, whose numbers are doubles.
    if (part.custom !== true && !isExact(parseJson(part.arguments) ?? null))
      this.#lose(`${path}.arguments: a whole number above 2^53 cannot be carried exactly`);
    return { functionCall: { ...(id === '' ? {} : { id }), name, args } };
  }

  #part(part: Part, path: string): JsonRecord[] {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [this.#text(part, path)];
      case 'refusal':
        if (part.text === '') return [];
        this.#lose(`${path}: a refusal; sent as plain text`);
        return [{ text: part.text }];
      case 'image': {
        const image = encodeImage(part, path, this.#lose);
        return image === null ? [] : [image];
      }
      case 'document':
        return encodeDocument(part, path, this.#lose);
      case 'audio':
        return [encodeAudio(part)];
      case 'opaque':
        if (part.dialect === 'gemini') return [part.value as JsonRecord];
        this.#lose(
          `${path}: ${opaqueName(part.value)} belongs to ${part.dialect} and cannot be carried`,
        );
        return [];
      case 'reasoning':
      case 'redacted-reasoning':
      case 'tool-use':
      case 'tool-result':
        this.#lose(`${path}: ${part.type} has no place in this turn`);
        return [];
    }
  }

  #text(part: TextPart, path: string): JsonRecord {
    if (part.citations !== undefined)
      this.#lose(`${path}.citations: dropped; texts carry none here`);
    return { text: part.text };
  }

  /** Turns of the model in a row are one. */
  #append(content: Content): void {
    const last = this.#contents.at(-1);
    if (last?.role === 'model' && content.role === 'model') last.parts.push(...content.parts);
    else this.#contents.push(content);
  }

  /** All results of one turn are one content right after it, whatever was said between them: they are counted against its calls. */
  #results(parts: JsonRecord[]): void {
    const at = this.#resultsAt ?? this.#contents.length;
    const group = this.#contents[at];
    if (group?.parts.every((part) => part.functionResponse !== undefined) === true)
      group.parts.push(...parts);
    else this.#contents.splice(at, 0, { role: 'user', parts });
  }

  #finish(): void {
    const last = this.#contents.at(-1);
    if (last === undefined) {
      this.#lose(
        `messages: the API wants a turn after the instruction; ${JSON.stringify(OPENING)} was put there`,
      );
      this.#contents.push({ role: 'user', parts: [{ text: OPENING }] });
    } else if (last.role === 'model' && this.#rule?.prefill === false) {
      this.#lose(
        `${this.#messages.at(-1)?.path ?? 'messages'}: the model takes no beginning of its answer; ${JSON.stringify(CONTINUE)} was put after it`,
      );
      this.#contents.push({ role: 'user', parts: [{ text: CONTINUE }] });
    }
  }
}

function opaqueName(value: JsonObject): string {
  return typeof value.type === 'string'
    ? value.type
    : Object.keys(asObject(value) ?? {}).join(', ') || 'a part';
}
