// The deltas of one choice → its message.
import { asObject, asObjects, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';
import { GatheredCalls, spelledArguments } from './gathered-calls.ts';
import { GatheredContent } from './gathered-content.ts';
import { GatheredDetails } from './gathered-details.ts';
import { ListsAndMembers } from './lists-and-members.ts';

/** Texts that come in pieces. Any other text is said at once: the last one counts. */
const TEXTS: ReadonlySet<string> = new Set(['refusal', 'reasoning', 'reasoning_content']);

/** What a delta says of itself, not of the message. */
const ASIDE: ReadonlySet<string> = new Set(['index', 'channel']);

type Members = { readonly [name: string]: Json };

export class GatheredMessage {
  readonly #content = new GatheredContent();
  readonly #calls = new GatheredCalls();
  readonly #details = new GatheredDetails();
  readonly #texts = new Map<string, string>();
  readonly #more = new ListsAndMembers();
  #legacy: { name: string; text: string } | null = null;
  #audio: { data: string; transcript: string; readonly more: GatheredMembers } | null = null;

  get calledTools(): boolean {
    return !this.#calls.isEmpty || this.#legacy !== null;
  }

  get #refused(): boolean {
    return (this.#texts.get('refusal') ?? '') !== '';
  }

  take(delta: JsonObject): void {
    for (const name of Object.keys(delta)) this.#member(name, delta[name]);
  }

  message(): Members {
    const { role, ...more } = this.#more.object();
    const mayCite = more.refusal === null || this.#refused;
    return {
      role: role ?? 'assistant',
      content: this.#contentValue(),
      // Recorded: the maker whose streams open with a refusal, mostly null, lists annotations in every whole reply.
      ...(mayCite ? { annotations: [] } : {}),
      ...more,
      ...Object.fromEntries(this.#texts),
      ...(this.#details.isEmpty ? {} : { reasoning_details: this.#details.entries() }),
      ...(this.#calls.isEmpty ? {} : { tool_calls: this.#calls.entries() }),
      ...this.#legacyMember(),
      ...this.#audioMember(),
    };
  }

  #member(name: string, value: Json | undefined): void {
    if (name === 'content') this.#content.push(value);
    else if (name === 'tool_calls' && value !== null)
      for (const call of asObjects(value)) this.#calls.push(call);
    else if (name === 'reasoning_details')
      for (const detail of asObjects(value)) this.#details.push(detail);
    else if (name === 'function_call') this.#takeLegacy(asObject(value));
    else if (name === 'audio' && asObject(value)) this.#takeAudio(asObject(value) ?? {});
    else if (TEXTS.has(name) && typeof value === 'string')
      this.#texts.set(name, (this.#texts.get(name) ?? '') + value);
    else if (!ASIDE.has(name)) this.#more.put(name, value);
  }

  /** Makers open a stream with an empty text; whole, an answer that only calls tools or refuses has no content. */
  #contentValue(): Json {
    const value = this.#content.value();
    return value === '' && (this.calledTools || this.#refused) ? null : value;
  }

  #takeLegacy(call: JsonObject | undefined): void {
    if (call === undefined) return;
    const name = asString(call.name) ?? '';
    const text = spelledArguments(call.arguments);
    // Recorded: an empty one beside real tool calls.
    if (name === '' && text === '' && this.#legacy === null) return;
    this.#legacy ??= { name: '', text: '' };
    this.#legacy.name ||= name;
    this.#legacy.text += text;
  }

  #legacyMember(): Members {
    if (this.#legacy === null) return {};
    const { name, text } = this.#legacy;
    return { function_call: { ...(name === '' ? {} : { name }), arguments: text } };
  }

  /** Sound and what it says come in pieces; its id and until when it is kept, once (…/docs/guides/audio). */
  #takeAudio({ data, transcript, ...more }: JsonObject): void {
    this.#audio ??= { data: '', transcript: '', more: new GatheredMembers(0) };
    this.#audio.data += asString(data) ?? '';
    this.#audio.transcript += asString(transcript) ?? '';
    this.#audio.more.take(more);
  }

  #audioMember(): Members {
    if (this.#audio === null) return {};
    const { data, transcript, more } = this.#audio;
    return { audio: { ...more.object(), data, transcript } };
  }
}
