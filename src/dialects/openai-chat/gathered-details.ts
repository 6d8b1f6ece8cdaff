// `reasoning_details` in pieces: those of one index are one entry until it is signed
// (openrouter.ai/docs/use-cases/reasoning-tokens#streaming-mode).
import { asString, type Json, type JsonObject } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';

/** Members that come in pieces. What is encrypted comes at once. */
const TEXTS = ['text', 'summary', 'signature'] as const;

interface Entry {
  readonly texts: Map<string, string>;
  readonly more: GatheredMembers;
}

export class GatheredDetails {
  readonly #entries: Entry[] = [];
  /** Those that may go on, by type and index. */
  readonly #open = new Map<string, Entry>();

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  push(detail: JsonObject): void {
    const key = JSON.stringify([detail.type, detail.index ?? null]);
    const entry = this.#open.get(key) ?? this.#add(key, detail);
    for (const name of TEXTS) {
      const piece = asString(detail[name]);
      if (piece !== undefined) entry.texts.set(name, (entry.texts.get(name) ?? '') + piece);
    }
    const { text: _, summary: __, signature: ___, ...more } = detail;
    entry.more.take(more);
    if (asString(detail.signature)) this.#open.delete(key);
  }

  entries(): Json[] {
    return this.#entries.map(({ texts, more }) => ({
      ...more.object(),
      ...Object.fromEntries(texts),
    }));
  }

  #add(key: string, detail: JsonObject): Entry {
    const entry = { texts: new Map(), more: new GatheredMembers(0) };
    this.#entries.push(entry);
    if (detail.type !== 'reasoning.encrypted') this.#open.set(key, entry);
    return entry;
  }
}
