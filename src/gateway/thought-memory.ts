// ThoughtMemory: what models thought before they called tools, for one caller: noted as answers pass, found again when a
// later call has those tool calls without it. Kept by key and end user, never given to anybody else.
import type { ChatEvent } from '../core/event.ts';
import type { CallThoughts, PastCall, Thought, ThoughtPart } from '../core/thoughts.ts';
import {
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../lib/json.ts';
import type { KeptStore } from '../state/kept-store.ts';

/** A call waits so long for the database, then goes on without. */
const LOOKUP_MS = 50;
/** Of an id's last part: shorter ones are counted, not drawn, and come again in other conversations. */
const MIN_DRAWN_CHARS = 8;
/** Counted ones with zeros before them repeat a character. */
const MIN_DIFFERENT_CHARS = 5;

/** Whose thoughts these are. */
export interface Thinker {
  /** The id of the caller's virtual key. */
  readonly tenant: string;
  readonly user: string | null;
  /** What stays the same while the conversation grows. */
  readonly opening: () => string;
}

/** Who thinks: a provider, and its own name for the model. */
type Mind = Pick<CallThoughts, 'provider' | 'model'>;

export class ThoughtMemory {
  readonly #kept: KeptStore;
  readonly #thinker: Thinker;
  readonly #whose: () => Mind | null;
  #opening: string | null = null;
  /** Thoughts of the answer under way that no call has followed yet. */
  #pending: Thought[] = [];
  /** Who thought them: another may go on with the answer and call. */
  #mind: Mind | null = null;
  #open: { part: ThoughtPart; afterText: boolean } | null = null;
  #call: { id: string; name: string; arguments: string } | null = null;
  #textCame = false;

  /** @param whose who answers now */
  constructor(kept: KeptStore, thinker: Thinker, whose: () => Mind | null) {
    this.#kept = kept;
    this.#thinker = thinker;
    this.#whose = whose;
  }

  /** Takes the events of the answer as the caller gets them. */
  observe(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#pending = [];
        this.#textCame = false;
        break;
      case 'block-start':
        this.#start(event.block);
        break;
      case 'block-delta':
        this.#add(event.delta);
        break;
      case 'block-end':
        this.#end();
        break;
      case 'usage':
      case 'finish':
      case 'error':
        break;
    }
  }

  /** What is known of these calls, by call. From memory at once; else one look-up that takes no longer than it may. */
  recall(
    calls: readonly PastCall[],
  ): ReadonlyMap<PastCall, CallThoughts> | Promise<ReadonlyMap<PastCall, CallThoughts>> {
    const known = new Map<PastCall, CallThoughts>();
    const unknown = new Map<string, PastCall>();
    for (const call of calls) {
      if (call.id === '') continue;
      const key = this.#keyOf(call);
      const value = this.#kept.peek(this.#thinker.tenant, 'reasoning', key);
      if (value === undefined) unknown.set(key, call);
      else if (value !== null) known.set(call, fromKept(value));
    }
    return unknown.size === 0 ? known : this.#lookUp(unknown, known);
  }

  async #lookUp(
    unknown: ReadonlyMap<string, PastCall>,
    known: Map<PastCall, CallThoughts>,
  ): Promise<ReadonlyMap<PastCall, CallThoughts>> {
    const { tenant } = this.#thinker;
    const found = await this.#kept.find(tenant, 'reasoning', [...unknown.keys()], LOOKUP_MS);
    for (const [key, call] of found === null ? [] : unknown) {
      const value = found?.get(key);
      if (value === undefined) this.#kept.noteAbsent(tenant, 'reasoning', key);
      else known.set(call, fromKept(value));
    }
    return known;
  }

  #start(block: Extract<ChatEvent, { type: 'block-start' }>['block']): void {
    if (block.kind === 'reasoning' || block.kind === 'redacted-reasoning')
      this.#mind = this.#whose();
    switch (block.kind) {
      case 'reasoning': {
        const part: ThoughtPart = { type: 'reasoning', text: '', ...formatOf(block.format) };
        this.#open = { part, afterText: this.#textCame };
        break;
      }
      case 'redacted-reasoning': {
        const { data, format } = block;
        const part: ThoughtPart = { type: 'redacted-reasoning', data, ...formatOf(format) };
        this.#open = { part, afterText: this.#textCame };
        break;
      }
      case 'tool-use':
        this.#call = { id: block.id, name: block.name, arguments: '' };
        break;
      case 'text':
      case 'refusal':
      case 'opaque':
        break;
    }
  }

  #add(delta: Extract<ChatEvent, { type: 'block-delta' }>['delta']): void {
    const part = this.#open?.part;
    switch (delta.kind) {
      case 'reasoning':
        if (part?.type === 'reasoning' && this.#open)
          this.#open.part = { ...part, text: part.text + delta.text };
        break;
      case 'signature':
        if (part?.type === 'reasoning' && this.#open)
          this.#open.part = { ...part, signature: (part.signature ?? '') + delta.signature };
        break;
      case 'arguments':
        if (this.#call) this.#call.arguments += delta.json;
        break;
      case 'text':
        this.#textCame = true;
        break;
      case 'refusal':
      case 'citation':
        break;
    }
  }

  #end(): void {
    if (this.#open !== null) this.#pending.push(this.#open);
    this.#open = null;
    const call = this.#call;
    this.#call = null;
    if (call !== null && call.id !== '') this.#file(call);
  }

  /** A call without thoughts is noted too: nobody has to look for them then. */
  #file(call: PastCall): void {
    const { tenant } = this.#thinker;
    const key = this.#keyOf(call);
    const thoughts = this.#pending;
    this.#pending = [];
    const mind = this.#mind;
    if (thoughts.length === 0 || mind === null) {
      this.#kept.noteAbsent(tenant, 'reasoning', key);
      return;
    }
    this.#kept.put(tenant, 'reasoning', key, toKept({ ...mind, thoughts }));
  }

  /**
   * A hash, so that the database's keys say nothing. Ids that are counted (`call_0`, `functions.search:1`) come again in
   * every conversation: to those belong what was called and how the conversation began.
   */
  #keyOf(call: PastCall): string {
    const { user } = this.#thinker;
    const counted = !isDrawn(call.id);
    if (counted) this.#opening ??= this.#thinker.opening();
    const more = counted ? [this.#opening, call.name, plain(call.arguments)] : [];
    const text = JSON.stringify([call.id, user, ...more]);
    return new Bun.CryptoHasher('sha256').update(text).digest('hex');
  }
}

/** True for an id that no other conversation has: its last part is long and has digits, as drawn ones do. */
function isDrawn(id: string): boolean {
  let at = id.length;
  let digits = 0;
  for (; at > 0; at--) {
    const code = id.charCodeAt(at - 1);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && !((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a)) break;
    if (isDigit) digits += 1;
  }
  if (id.length - at < MIN_DRAWN_CHARS || digits === 0) return false;
  return new Set(id.slice(at)).size >= MIN_DIFFERENT_CHARS;
}

/** Arguments without the spaces a client may have written otherwise. */
function plain(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value);
}

function formatOf(format: string | undefined): { readonly format?: string } {
  return format === undefined ? {} : { format };
}

function toKept({ provider, model, thoughts }: CallThoughts): JsonObject {
  const parts = thoughts.map(({ part, afterText }) => ({
    ...part,
    ...(afterText ? { late: true } : {}),
  }));
  return { provider, model, parts: parts as unknown as Json };
}

function fromKept(value: JsonObject): CallThoughts {
  const thoughts = asObjects(value.parts).map((kept): Thought => {
    const format = formatOf(asString(kept.format));
    const signature = asString(kept.signature);
    const part: ThoughtPart =
      kept.type === 'reasoning'
        ? {
            type: 'reasoning',
            text: asString(kept.text) ?? '',
            ...(signature === undefined ? {} : { signature }),
            ...format,
          }
        : { type: 'redacted-reasoning', data: asString(kept.data) ?? '', ...format };
    return { part, afterText: kept.late === true };
  });
  const { provider, model } = asObject(value) ?? {};
  return { provider: asString(provider) ?? '', model: asString(model) ?? '', thoughts };
}
