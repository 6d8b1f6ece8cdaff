// Fields of a call that have no word in the hub: those that exist here under the same or another name go along, the rest
// are named as lost.
import type { ChatCall } from '../../core/call.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import { asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import type { CallNotes } from './call-notes.ts';
import { DIALECT } from './hosted-tools.ts';
import { SEARCH_OPTIONS } from './search-tool.ts';

export interface EncodedExtras {
  /** Members of `text` and `reasoning`. */
  readonly text: JsonRecord;
  readonly reasoning: JsonRecord;
  readonly fields: JsonRecord;
}

/** Fields of the chat wire that its maker has here too, meaning the same (platform.openai.com/docs/api-reference). */
const SHARED: ReadonlySet<string> = new Set([
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
]);

/** Written by others of these files. */
const ELSEWHERE: ReadonlySet<string> = new Set(SEARCH_OPTIONS);

export function encodeExtras(call: ChatCall, notes: CallNotes): EncodedExtras {
  const fields: { [name: string]: Json } = {};
  const text: { [name: string]: Json } = {};
  const reasoning: { [name: string]: Json } = {};
  const { 'openai-chat': chat, [DIALECT]: own, ...others } = call.extra;
  for (const [name, value] of entries(chat)) {
    if (ELSEWHERE.has(name) || name === 'reasoning_effort') continue;
    if (SHARED.has(name)) fields[name] = value;
    else if (name === 'verbosity') text.verbosity = value;
    else if (name === 'stream_options') {
      const kept = asObject(value)?.include_obfuscation;
      if (call.stream && kept !== undefined) fields.stream_options = { include_obfuscation: kept };
    } else lose(name, value, 'openai-chat', notes);
  }
  for (const [name, value] of entries(own)) {
    if (ELSEWHERE.has(name)) continue;
    if (name.startsWith('text.')) text[name.slice('text.'.length)] = value;
    else if (name.startsWith('reasoning.')) reasoning[name.slice('reasoning.'.length)] = value;
    else if (name.includes('[') || name.includes('.')) lose(name, value, DIALECT, notes);
    else if (OUR_FIELDS.has(name)) lose(name, value, DIALECT, notes);
    else fields[name] = value;
  }
  for (const [dialect, other] of Object.entries(others))
    for (const [name, value] of entries(other))
      if (!ELSEWHERE.has(name)) lose(name, value, dialect, notes);
  return { text, reasoning, fields };
}

function entries(object: JsonObject | undefined): [string, Json][] {
  return Object.entries(object ?? {}).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  );
}

function lose(name: string, value: Json, dialect: string, notes: CallNotes): void {
  const isDefault = asksNothing(value) || value === (name === 'n' ? 1 : 0);
  if (isDefault || isPlainText(name, value)) return;
  notes.lose(name, `a field of ${dialect} that has no counterpart here`);
}

/** Asking for text is asking for what comes anyway. */
function isPlainText(name: string, value: Json): boolean {
  return name === 'modalities' && Array.isArray(value) && value.every((one) => one === 'text');
}
