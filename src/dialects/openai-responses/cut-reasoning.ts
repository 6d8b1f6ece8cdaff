// A reasoning item that a stream broke off in: it is closed under its own id, with what the caller was shown of it. The
// state it may have begun with is no longer its own: what it stands for was never finished.
import type { BlockDelta } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { BegunItem, BegunPart, OpenItem, Place, Tell } from './open-item.ts';
import { OWN_FORMAT, shownState } from './reasoning-items.ts';

/** Between the parts of what is read as one text. */
const BETWEEN = '\n\n';

export class CutReasoning implements OpenItem {
  readonly #item: JsonObject;
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #parts: { readonly [of in BegunPart['of']]: JsonObject[] };
  #open: BegunPart | null;
  #state = '';

  constructor(begun: BegunItem, place: Place, tell: Tell) {
    this.#item = begun.item;
    this.#place = place;
    this.#tell = tell;
    this.#parts = { content: [...begun.content], summary: [...begun.summary] };
    this.#open = begun.open;
  }

  add(delta: BlockDelta): void {
    if (delta.kind === 'signature') this.#state += delta.signature;
    if (delta.kind !== 'reasoning' || delta.text === '') return;
    if (this.#open?.whole) this.endBlock();
    const open = this.#open ?? this.#begin();
    const parts = this.#parts[open.of].length;
    const first = open.text === '' && parts > 0 && delta.text.startsWith(BETWEEN);
    const text = first ? delta.text.slice(BETWEEN.length) : delta.text;
    if (text === '') return;
    this.#open = { ...open, text: open.text + text };
    this.#say(open.of, 'text.delta', { delta: text });
  }

  endBlock(): void {
    const open = this.#open;
    if (open === null) return;
    const { of, text, whole } = open;
    if (!whole) this.#say(of, 'text.done', { text });
    const part = { ...emptyPart(of), ...open.part, text };
    this.#say(of, 'part.done', { part: part as Json });
    this.#open = null;
    this.#parts[of].push(part);
  }

  close(): JsonObject {
    const { encrypted_content: _, content, ...item } = this.#item;
    const { summary, content: thoughts } = this.#parts;
    return {
      ...item,
      status: 'incomplete',
      ...(this.#state === '' ? {} : { encrypted_content: this.#shown() }),
      ...(content === undefined && thoughts.length === 0 ? {} : { content: thoughts as Json[] }),
      summary: summary as Json[],
    };
  }

  #begin(): BegunPart {
    const of = this.#parts.content.length > 0 ? 'content' : 'summary';
    const part = emptyPart(of);
    this.#say(of, 'part.added', { part });
    return { of, part, text: '', annotations: [], whole: false };
  }

  #shown(): string {
    return shownState(this.#state, OWN_FORMAT, { id: this.#place.item_id, redacted: false });
  }

  #say(of: BegunPart['of'], what: string, members: JsonObject): void {
    const { item_id, output_index } = this.#place;
    const at = this.#parts[of].length;
    if (of === 'summary')
      this.#tell(`response.reasoning_summary_${what}`, {
        item_id,
        output_index,
        summary_index: at,
        ...members,
      });
    else
      this.#tell(`response.${what.startsWith('part') ? 'content' : 'reasoning'}_${what}`, {
        item_id,
        output_index,
        content_index: at,
        ...members,
      });
  }
}

function emptyPart(of: BegunPart['of']): { readonly type: string; readonly text: string } {
  return { type: of === 'summary' ? 'summary_text' : 'reasoning_text', text: '' };
}
