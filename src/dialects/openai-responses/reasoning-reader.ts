// A reasoning item of an answer → its summary (parts apart by a blank line) or, from open models, the thoughts themselves; its
// state comes last.
import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { type ItemReader, untold } from './item-reader.ts';
import type { Lane, Lanes } from './lanes.ts';
import { decodeReasoningItem, OWN_FORMAT } from './reasoning-items.ts';

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
        this.wholeText(source, at, asString(asObject(part)?.text) ?? '');
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
