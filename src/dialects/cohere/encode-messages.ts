// Turns → messages of this wire. One turn may become several: each tool result is a message of its own here.
import type {
  Message,
  Part,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolResultPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { asArguments } from '../custom-tools.ts';
import { joinTurns } from '../join-turns.ts';
import { contentOf, documentOf, imagePart, type Lose, textPart } from './encode-content.ts';
import { TOOL_PLAN } from './tool-plan.ts';

/** Stands in for a user turn where the wire demands one and the caller has none but documents or blanks. */
const OPENING = 'Begin.';

export class MessageEncoder {
  /** Documents of the conversation: on this wire they stand beside it, where they can be cited. */
  readonly documents: JsonRecord[] = [];
  readonly #target: Target;
  readonly #lose: Lose;

  constructor(target: Target, lose: Lose) {
    this.#target = target;
    this.#lose = lose;
  }

  encode(messages: readonly Message[]): JsonRecord[] {
    const encoded = joinTurns(messages).flatMap((message) => this.#message(message));
    if (encoded.every(({ role }) => role === 'system')) {
      this.#lose(
        `messages: the API wants a turn after the system prompt; ${JSON.stringify(OPENING)} was put there`,
      );
      return [...encoded, { role: 'user', content: OPENING }];
    }
    const last = messages.at(-1);
    if (last?.role === 'assistant')
      this.#lose(`${last.path}: the beginning of an answer is taken for a finished turn`);
    return encoded;
  }

  #message(message: Message): JsonRecord[] {
    if (message.name !== undefined)
      this.#lose(`${message.path}.name: dropped; turns have no names`);
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#plain(message, 'system');
      case 'user':
        return this.#user(message);
      case 'assistant':
        return this.#assistant(message);
    }
  }

  #plain(message: Message, role: 'system' | 'user'): JsonRecord[] {
    const parts = this.#parts(message.parts, message.path, role);
    return parts.length === 0 ? [] : [{ role, content: contentOf(parts) }];
  }

  /** Results first, right after the calls; then what they could not hold, then the rest. */
  #user(message: Message): JsonRecord[] {
    const messages: JsonRecord[] = [];
    const moved: JsonRecord[] = [];
    const rest: Part[] = [];
    const places: string[] = [];
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      if (part.type === 'tool-result') messages.push(this.#toolResult(part, path, moved));
      else {
        rest.push(part);
        places.push(path);
      }
    });
    const parts = [...moved, ...this.#parts(rest, message.path, 'user', places)];
    if (parts.length > 0) messages.push({ role: 'user', content: contentOf(parts) });
    return messages;
  }

  #toolResult(part: ToolResultPart, path: string, moved: JsonRecord[]): JsonRecord {
    if (part.isError === true)
      this.#lose(
        `${path}.is_error: a tool message does not say that it failed, only its text does`,
      );
    const content: JsonRecord[] = [];
    const before = moved.length;
    part.content.forEach((item, at) => {
      const place = `${path}.content[${at}]`;
      switch (item.type) {
        case 'text':
          if (item.text !== '') content.push(textPart(item.text));
          return;
        case 'document': {
          const document = documentOf(item, place, this.#lose);
          if (document !== null) content.push({ type: 'document', document });
          return;
        }
        case 'image': {
          const image = imagePart(item, place, this.#lose);
          if (image === null) return;
          if (moved.length === before)
            moved.push(textPart(`From the result of tool call ${part.toolUseId}:`));
          moved.push(image);
          content.push(textPart('(An image of this result is in the next message.)'));
          return;
        }
        case 'opaque':
          this.#loseOpaque(item.dialect, item.value.type, place);
      }
    });
    return {
      role: 'tool',
      tool_call_id: part.toolUseId,
      content: content.length === 0 ? '' : contentOf(content),
    };
  }

  #parts(
    parts: readonly Part[],
    path: string,
    role: 'system' | 'user',
    places?: readonly string[],
  ): JsonRecord[] {
    return parts.flatMap((part, at) => {
      const encoded = this.#part(part, places?.[at] ?? `${path}.content[${at}]`, role);
      return encoded === null ? [] : [encoded];
    });
  }

  /** Null where it says nothing: an empty text is refused. */
  #text(part: TextPart | RefusalPart, path: string): JsonRecord | null {
    if (part.text === '') return null;
    if (part.type === 'refusal') this.#lose(`${path}: a refusal; sent as plain text`);
    else if (part.citations !== undefined)
      this.#lose(`${path}.citations: dropped; texts carry none here`);
    return textPart(part.text);
  }

  #part(part: Part, path: string, role: 'system' | 'user'): JsonRecord | null {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return this.#text(part, path);
      case 'image':
        if (role === 'user') return imagePart(part, path, this.#lose);
        this.#lose(`${path}: an image dropped; a system message takes only text`);
        return null;
      case 'document': {
        const document = documentOf(part, path, this.#lose);
        if (document !== null) this.documents.push(document);
        return null;
      }
      case 'audio':
        this.#lose(`${path}: audio dropped; the wire has no place for it`);
        return null;
      case 'opaque':
        this.#loseOpaque(part.dialect, part.value.type, path);
        return null;
      case 'reasoning':
      case 'redacted-reasoning':
      case 'tool-use':
      case 'tool-result':
        this.#lose(`${path}: ${part.type} has no place in this turn`);
        return null;
    }
  }

  #assistant(message: Message): JsonRecord[] {
    const calls = message.parts.filter((part) => part.type === 'tool-use');
    const content: JsonRecord[] = [];
    let plan = '';
    let called = false;
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      switch (part.type) {
        case 'text':
        case 'refusal':
          {
            const text = this.#text(part, path);
            if (text === null) return;
            content.push(text);
            if (called) this.#lose(`${path}: what was said after a tool call stands before it`);
          }
          return;
        case 'reasoning':
          if (this.#isPlan(part, calls.length > 0)) plan += part.text;
          else this.#thinking(part, path, content);
          return;
        case 'redacted-reasoning':
          this.#lose(`${path}: encrypted reasoning dropped; only its maker can read it`);
          return;
        case 'opaque':
          this.#loseOpaque(part.dialect, part.value.type, path);
          return;
        case 'tool-use':
          called = true;
          return;
        case 'image':
        case 'document':
        case 'audio':
        case 'tool-result':
          this.#lose(`${path}: ${part.type} has no place in an assistant message`);
      }
    });
    if (content.length === 0 && calls.length === 0) return [];
    return [
      {
        role: 'assistant',
        ...(content.length === 0 ? {} : { content: contentOf(content) }),
        ...(plan === '' ? {} : { tool_plan: plan }),
        ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall) }),
      },
    ];
  }

  /** A plan says so; where the model only plans, unnamed reasoning before its calls was one. */
  #isPlan(part: ReasoningPart, hasCalls: boolean): boolean {
    if (!hasCalls) return false;
    return (
      part.format === TOOL_PLAN || (part.format === undefined && this.#target.reasoning === false)
    );
  }

  /** Recorded: other makers' thoughts are taken as text. */
  #thinking(part: ReasoningPart, path: string, content: JsonRecord[]): void {
    if (part.signature !== undefined)
      this.#lose(`${path}: the signature of its reasoning dropped; only its maker can read it`);
    if (part.text === '') return;
    if (this.#target.reasoning === false)
      this.#lose(`${path}: reasoning dropped; the model has none of its own`);
    else content.push({ type: 'thinking', thinking: part.text });
  }

  #loseOpaque(dialect: string, type: Json | undefined, path: string): void {
    const what = typeof type === 'string' ? type : 'a part';
    this.#lose(`${path}: ${what} belongs to ${dialect} and cannot be carried`);
  }
}

function toolCall(part: ToolUsePart): JsonRecord {
  const text = part.custom === true ? asArguments(part.arguments) : part.arguments;
  return {
    id: part.id,
    type: 'function',
    function: { name: part.name, arguments: text.trim() === '' ? '{}' : text },
  };
}
