// Content of a message in pieces: text, or parts where its maker has those.
import { asObjects, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';

export class GatheredContent {
  readonly #isThought: boolean;
  #text = '';
  #came = false;
  /** Null while only text came. */
  #parts: Part[] | null = null;

  /** @param isThought the parts are those of a `thinking` part, which holds no further ones */
  constructor(isThought = false) {
    this.#isThought = isThought;
  }

  push(content: Json | undefined): void {
    if (typeof content === 'string') {
      this.#came = true;
      if (this.#parts === null) this.#text += content;
      else if (content !== '') this.#part({ type: 'text', text: content });
      return;
    }
    for (const part of asObjects(content)) this.#part(part);
  }

  /** Null: none came. */
  value(): Json | null {
    if (this.#parts !== null) return this.#parts.map((part) => part.part());
    return this.#came ? this.#text : null;
  }

  /** Recorded: thinking as parts, then the answer as plain text; whole, it is one part of each kind. */
  #part(part: JsonObject): void {
    this.#parts ??= this.#text === '' ? [] : [new Part({ type: 'text', text: this.#text }, false)];
    const last = this.#parts.at(-1);
    if (last?.goesOnWith(part)) last.take(part);
    else this.#parts.push(new Part(part, !this.#isThought));
  }
}

class Part {
  readonly #more = new GatheredMembers(0);
  readonly #kind: 'text' | 'thinking' | null;
  /** Text parts, or a text. */
  readonly #thinking: GatheredContent | null;
  #text = '';

  constructor(part: JsonObject, mayThink: boolean) {
    this.#kind = kindOf(part, mayThink);
    this.#thinking = this.#kind === 'thinking' ? new GatheredContent(true) : null;
    this.take(part);
  }

  goesOnWith(part: JsonObject): boolean {
    return this.#kind !== null && kindOf(part, true) === this.#kind;
  }

  take(part: JsonObject): void {
    const { text, thinking, ...more } = part;
    this.#more.take(more);
    if (this.#kind === 'text') this.#text += asString(text) ?? '';
    else this.#more.put('text', text);
    if (this.#thinking === null) this.#more.put('thinking', thinking);
    else this.#thinking.push(thinking);
  }

  part(): Json {
    const more = this.#more.object();
    if (this.#thinking !== null) return { ...more, thinking: this.#thinking.value() };
    return this.#kind === 'text' ? { ...more, text: this.#text } : more;
  }
}

/** What goes on from piece to piece; null: a part that comes at once. */
function kindOf(
  { type, text, thinking }: JsonObject,
  mayThink: boolean,
): 'text' | 'thinking' | null {
  if (type === 'text' && typeof text === 'string') return 'text';
  return mayThink && type === 'thinking' && thinking != null ? 'thinking' : null;
}
