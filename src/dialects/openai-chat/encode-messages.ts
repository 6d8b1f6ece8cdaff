// Turns → messages of this wire. One turn may become several: each tool result is a message of its own here.
import type {
  CacheMark,
  ChatCall,
  Message,
  Part,
  TextPart,
  ToolResultPart,
} from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import { joinTurns } from '../join-turns.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { audioPart, documentPart, imagePart, joinedTexts, textPart } from './encode-parts.ts';
import type { EncodingNotes } from './encoding-notes.ts';
import { begun, prefillOf } from './prefill.ts';
import { fitToolId } from './tool-ids.ts';

export class MessageEncoder {
  readonly #target: Target;
  readonly #notes: EncodingNotes;

  constructor(target: Target, notes: EncodingNotes) {
    this.#target = target;
    this.#notes = notes;
  }

  encode(call: ChatCall): JsonRecord[] {
    const messages = joinTurns(call.messages).flatMap((message) => this.#message(message));
    const last = call.messages.at(-1);
    if (last?.role !== 'assistant') return messages;
    const prefill = prefillOf(this.#target);
    if (prefill === null) {
      this.#notes.lose(last.path, 'the beginning of an answer is taken for a finished turn');
      return messages;
    }
    // Their answer holds the beginning again (docs.mistral.ai/capabilities/completion/prefix).
    if (prefill === 'prefix-flag')
      this.#notes.lose(last.path, 'the beginning of the answer is repeated in it');
    const answer = messages.at(-1);
    return answer?.role === 'assistant'
      ? [...messages.slice(0, -1), begun(answer, this.#target)]
      : messages;
  }

  #message(message: Message): JsonRecord[] {
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#system(message);
      case 'user':
        return this.#user(message);
      case 'assistant':
        return encodeAssistant(message, this.#target, this.#notes);
    }
  }

  #system(message: Message): JsonRecord[] {
    const role =
      message.role === 'developer' && this.#target.quirks.developerRole === false
        ? 'system'
        : message.role;
    const parts = this.#contentParts(message.parts, message.path);
    return parts.length === 0
      ? []
      : [{ role, ...this.#name(message), content: this.#content(parts) }];
  }

  /** Results first, as this wire wants them right after the calls; then what the results could not hold, then the rest. */
  #user(message: Message): JsonRecord[] {
    const messages: JsonRecord[] = [];
    const moved: Part[] = [];
    const rest: Part[] = [];
    const places: string[] = [];
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      if (part.type === 'tool-result') {
        messages.push(this.#toolResult(part, path, moved));
      } else {
        rest.push(part);
        places.push(path);
      }
    });
    const parts = [
      ...this.#contentParts(moved, message.path),
      ...this.#contentParts(rest, message.path, places),
    ];
    if (parts.length > 0)
      messages.push({ role: 'user', ...this.#name(message), content: this.#content(parts) });
    else if (messages.length === 0)
      messages.push({ role: 'user', ...this.#name(message), content: '' });
    return messages;
  }

  #toolResult(part: ToolResultPart, path: string, moved: Part[]): JsonRecord {
    const id = fitToolId(part.toolUseId, this.#target.quirks.toolIdFormat);
    if (part.isError === true)
      this.#notes.lose(
        `${path}.is_error`,
        'a tool message does not say that it failed, only its text does',
      );
    const texts = part.content.filter((item): item is TextPart => item.type === 'text');
    const media = part.content.filter((item) => item.type === 'image' || item.type === 'document');
    for (const item of part.content)
      if (item.type === 'opaque') this.#notes.loseOpaque(path, item.dialect, item.value.type);
    const inPlace = this.#target.quirks.toolResultImages === true;
    if (media.length > 0 && !inPlace) {
      moved.push({ type: 'text', text: `From the result of tool call ${id}:` }, ...media);
      texts.push({ type: 'text', text: '(The rest of this result is in the next message.)' });
    }
    const parts = this.#contentParts(
      inPlace ? part.content.filter((item) => item.type !== 'opaque') : texts,
      path,
    );
    const marked = this.#mark(parts, part.cache);
    return {
      role: 'tool',
      tool_call_id: id,
      content: marked.length === 0 ? '' : this.#content(marked),
    };
  }

  /** @param places the parts' own paths, where they are not counted from 0 under `path`. */
  #contentParts(parts: readonly Part[], path: string, places?: readonly string[]): JsonRecord[] {
    return parts.flatMap((part, at) => {
      const encoded = this.#contentPart(part, places?.[at] ?? `${path}.content[${at}]`);
      return encoded === null ? [] : [this.#notes.withMark(encoded, part.cache)];
    });
  }

  #contentPart(part: Part, path: string): JsonRecord | null {
    const lose = (place: string, problem: string): void => this.#notes.lose(place, problem);
    switch (part.type) {
      case 'text':
        return textPart(part.text);
      case 'image':
        return imagePart(part, path, lose);
      case 'document':
        return documentPart(part, path, this.#target.quirks.documentPart, lose);
      case 'audio':
        return audioPart(part);
      case 'refusal':
        lose(path, 'a refusal; sent as plain text');
        return textPart(part.text);
      case 'opaque':
        if (part.dialect === 'openai-chat') return part.value as JsonRecord;
        this.#notes.loseOpaque(path, part.dialect, part.value.type);
        return null;
      case 'reasoning':
      case 'redacted-reasoning':
      case 'tool-use':
      case 'tool-result':
        this.#notes.lose(path, `${part.type} has no place in this turn`);
        return null;
    }
  }

  /** One text is a string, as nearly everybody writes it; several stay apart where the target takes them so. */
  #content(parts: readonly JsonRecord[]): Json {
    const plain = parts.every((part) => part.type === 'text' && !isMarked(part));
    const whole = parts.length === 1 || this.#target.quirks.textParts === false;
    return plain && whole ? joinedTexts(parts) : parts;
  }

  #mark(parts: readonly JsonRecord[], cache: CacheMark | undefined): readonly JsonRecord[] {
    const last = parts.at(-1);
    if (last === undefined || isMarked(last)) return parts;
    return [...parts.slice(0, -1), this.#notes.withMark(last, cache)];
  }

  #name(message: Message): JsonRecord {
    return message.name === undefined || this.#target.quirks.messageNames === false
      ? {}
      : { name: message.name };
  }
}

function isMarked(part: JsonRecord): boolean {
  return part.cache_control !== undefined || part.prompt_cache_breakpoint !== undefined;
}
