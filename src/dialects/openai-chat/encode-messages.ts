// Turns → messages of this wire. One turn may become several: each tool result is a message of its own here.
import type {
  CacheMark,
  ChatCall,
  Message,
  Part,
  ReasoningPart,
  RedactedReasoningPart,
  TextPart,
  ToolResultPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';
import {
  audioPart,
  cacheControl,
  documentPart,
  imagePart,
  joinTexts,
  textPart,
} from './encode-parts.ts';
import { encodeReasoningParts } from './encode-reasoning.ts';
import { fitToolId } from './tool-ids.ts';

/** Separates the texts of a system or user turn, each of which is a piece of its own. */
const PARAGRAPH = '\n\n';

export class MessageEncoder {
  readonly #target: Target;
  readonly #losses: string[];
  #marksDropped = 0;

  constructor(target: Target, losses: string[]) {
    this.#target = target;
    this.#losses = losses;
  }

  encode(call: ChatCall): JsonRecord[] {
    const messages = call.messages.flatMap((message) => this.#message(message));
    const last = call.messages.at(-1);
    if (last?.role === 'assistant')
      this.#lose(last.path, 'the beginning of an answer is taken for a finished turn');
    return messages;
  }

  /** Prompt-cache marks that had no place, over everything encoded and `others`. */
  cacheLoss(others: number): string | null {
    const dropped = this.#marksDropped + others;
    if (dropped === 0) return null;
    return `cache_control: ${dropped} prompt-cache ${dropped === 1 ? 'mark' : 'marks'} not taken by ${this.#target.provider}`;
  }

  #message(message: Message): JsonRecord[] {
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#system(message);
      case 'user':
        return this.#user(message);
      case 'assistant':
        return this.#assistant(message);
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
      this.#lose(
        `${path}.is_error`,
        'a tool message does not say that it failed, only its text does',
      );
    const texts = part.content.filter((item): item is TextPart => item.type === 'text');
    const media = part.content.filter((item) => item.type === 'image' || item.type === 'document');
    for (const item of part.content)
      if (item.type === 'opaque') this.#loseOpaque(path, item.dialect, item.value.type);
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

  #assistant(message: Message): JsonRecord[] {
    const { quirks } = this.#target;
    const texts: TextPart[] = [];
    const own: JsonRecord[] = [];
    const calls: JsonRecord[] = [];
    const reasoning: (ReasoningPart | RedactedReasoningPart)[] = [];
    const others: { [name: string]: Json } = {};
    message.parts.forEach((part, at) => {
      const path = `${message.path}.content[${at}]`;
      switch (part.type) {
        case 'text':
          texts.push(part);
          return;
        case 'tool-use':
          if (part.cache) this.#marksDropped += 1;
          calls.push(toolCall(part, quirks.toolIdFormat));
          return;
        case 'reasoning':
        case 'redacted-reasoning':
          reasoning.push(part);
          return;
        case 'refusal':
          others.refusal = `${typeof others.refusal === 'string' ? others.refusal : ''}${part.text}`;
          return;
        case 'opaque':
          if (part.dialect !== 'openai-chat') this.#loseOpaque(path, part.dialect, part.value.type);
          else if (part.value.type === 'audio') others.audio = (part.value.audio ?? null) as Json;
          else own.push(part.value as JsonRecord);
          return;
        case 'image':
        case 'document':
        case 'audio':
        case 'tool-result':
          this.#lose(path, `${part.type} in an assistant turn cannot be carried`);
          return;
      }
    });
    const content = this.#assistantContent(
      texts,
      own,
      calls.length > 0 || others.refusal !== undefined,
    );
    const thoughts = encodeReasoningParts(
      reasoning,
      calls.length > 0,
      this.#target.quirks,
      (problem) => this.#lose(message.path, problem),
    );
    // A turn that was nothing but thought has nothing left to say.
    if (content === '' && reasoning.length > 0 && Object.keys(thoughts).length === 0) return [];
    return [
      {
        role: 'assistant',
        ...this.#name(message),
        content,
        ...thoughts,
        ...others,
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
      },
    ];
  }

  /** Texts of an answer are one text that citations cut up: nothing goes between them. */
  #assistantContent(
    texts: readonly TextPart[],
    own: readonly JsonRecord[],
    otherwiseSaid: boolean,
  ): Json {
    const marked = texts.some((part) => part.cache !== undefined);
    if (own.length === 0 && !(marked && this.#target.quirks.cacheControl === true)) {
      this.#countMarks(texts);
      const text = joinTexts(texts, '');
      return text === '' && otherwiseSaid ? null : text;
    }
    return [...texts.map((part) => this.#withMark(textPart(part.text), part.cache)), ...own];
  }

  /** @param places the parts' own paths, where they are not counted from 0 under `path`. */
  #contentParts(parts: readonly Part[], path: string, places?: readonly string[]): JsonRecord[] {
    return parts.flatMap((part, at) => {
      const encoded = this.#contentPart(part, places?.[at] ?? `${path}.content[${at}]`);
      return encoded === null ? [] : [this.#withMark(encoded, part.cache)];
    });
  }

  #contentPart(part: Part, path: string): JsonRecord | null {
    const lose = (place: string, problem: string): void => this.#lose(place, problem);
    switch (part.type) {
      case 'text':
        return textPart(part.text);
      case 'image':
        return imagePart(part, path, lose);
      case 'document':
        return documentPart(part, path, lose);
      case 'audio':
        return audioPart(part);
      case 'refusal':
        return textPart(part.text);
      case 'opaque':
        if (part.dialect === 'openai-chat') return part.value as JsonRecord;
        this.#loseOpaque(path, part.dialect, part.value.type);
        return null;
      case 'reasoning':
      case 'redacted-reasoning':
      case 'tool-use':
      case 'tool-result':
        this.#lose(path, `${part.type} has no place in this turn`);
        return null;
    }
  }

  /** One string where there is nothing but text: not every server takes arrays. */
  #content(parts: readonly JsonRecord[]): Json {
    const plain = parts.every((part) => part.type === 'text' && part.cache_control === undefined);
    return plain ? parts.map((part) => part.text).join(PARAGRAPH) : parts;
  }

  #mark(parts: readonly JsonRecord[], cache: CacheMark | undefined): readonly JsonRecord[] {
    const last = parts.at(-1);
    if (last === undefined || last.cache_control !== undefined) return parts;
    return [...parts.slice(0, -1), this.#withMark(last, cache)];
  }

  #withMark(part: JsonRecord, cache: CacheMark | undefined): JsonRecord {
    if (cache === undefined) return part;
    if (this.#target.quirks.cacheControl === true)
      return { ...part, cache_control: cacheControl(cache) };
    this.#marksDropped += 1;
    return part;
  }

  #countMarks(parts: readonly Part[]): void {
    for (const part of parts) if (part.cache !== undefined) this.#marksDropped += 1;
  }

  #name(message: Message): JsonRecord {
    return message.name === undefined || this.#target.quirks.messageNames === false
      ? {}
      : { name: message.name };
  }

  #loseOpaque(path: string, dialect: string, type: Json | undefined): void {
    this.#lose(
      path,
      `${typeof type === 'string' ? type : 'a part'} belongs to ${dialect} and cannot be carried`,
    );
  }

  #lose(path: string, problem: string): void {
    this.#losses.push(`${path}: ${problem}`);
  }
}

function toolCall(part: ToolUsePart, format: 'any' | 'alnum9' | undefined): JsonRecord {
  const id = fitToolId(part.id, format);
  if (part.custom)
    return { id, type: 'custom', custom: { name: part.name, input: part.arguments } };
  // A call without arguments is written as an empty object: servers parse them.
  return {
    id,
    type: 'function',
    function: { name: part.name, arguments: part.arguments === '' ? '{}' : part.arguments },
  };
}
