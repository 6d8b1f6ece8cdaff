// A message of an answer → its texts and refusals, each a block of its own, with what they cite.
import { asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { citationOf } from './decode-citation.ts';
import { type ItemReader, untold } from './item-reader.ts';
import type { Lane, Lanes } from './lanes.ts';

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
    else for (const [at, part] of asObjects(content).entries()) this.part(at, part);
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
