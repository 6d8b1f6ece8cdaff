// Fields of the vendor's that callers of other wires put into a `google` member (OpenAI's SDKs: `extra_body.google`), as its
// OpenAI-compatible endpoint takes them (ai.google.dev/gemini-api/docs/openai#extra-body); and what else the hub has no word for.
import type { ChatCall } from '../../core/call.ts';
import { asArray, asObject, type Json, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';

type Lose = (what: string) => void;

/** Where the member's fields go: beside the contents, or into generationConfig. Both spellings are in use. */
const AT_TOP: ReadonlySet<string> = new Set([
  'cachedContent',
  'safetySettings',
  'labels',
  'modelArmorConfig',
]);
const IN_CONFIG: ReadonlySet<string> = new Set([
  'thinkingConfig',
  'imageConfig',
  'speechConfig',
  'mediaResolution',
  'responseModalities',
  'audioTimestamp',
  'enableEnhancedCivicAnswers',
]);

/** The wishes that have words here: `web_search`, `web_search_options`. */
const SEARCHES: readonly string[] = ['web_search_options', 'web_search'];

export interface OwnFields {
  readonly top: JsonRecord;
  readonly config: JsonRecord;
  /** The caller's wish for a web search. */
  readonly search: Json | undefined;
}

export function ownFields({ extra }: ChatCall, lose: Lose): OwnFields {
  const top: { [name: string]: Json } = {};
  const config: { [name: string]: Json } = {};
  let search: Json | undefined;
  for (const [dialect, fields] of Object.entries(extra)) {
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (value === undefined) continue;
      if (name === 'google' && asObject(value)) place(value, top, config, lose);
      else if (SEARCHES.includes(name)) search = wish(search, value);
      else if (name === 'modalities') modalities(value, config, lose);
      else if (!asksNothing(value))
        lose(`${name}: a field of ${dialect} that has no counterpart here`);
    }
  }
  return { top, config, search };
}

function place(
  member: Json,
  top: { [name: string]: Json },
  config: { [name: string]: Json },
  lose: Lose,
): void {
  for (const [given, value] of Object.entries(asObject(member) ?? {})) {
    if (value === undefined) continue;
    const name = camel(given);
    if (AT_TOP.has(name)) top[name] = value;
    else if (IN_CONFIG.has(name)) config[name] = camelled(value);
    else lose(`google.${given}: not a field this gateway passes on`);
  }
}

/** `true` wishes for a search and nothing more of it. */
function wish(known: Json | undefined, value: Json): Json | undefined {
  if (value === false || value === null) return known;
  return asObject(known) && !asObject(value) ? known : value;
}

function modalities(value: Json, config: { [name: string]: Json }, lose: Lose): void {
  const wanted = asArray(value).filter((entry) => typeof entry === 'string');
  const known: readonly string[] = wanted.filter((entry) => entry === 'text' || entry === 'image');
  for (const entry of wanted)
    if (!known.includes(entry)) lose(`modalities: ${entry} is not given by this API here`);
  if (known.includes('image'))
    config.responseModalities ??= known.map((entry) => entry.toUpperCase());
}

/** The API reads either spelling; ours is written, so that what the gateway adds does not stand there twice. */
function camelled(value: Json): Json {
  const object = asObject(value);
  if (object === undefined) return value;
  const out: { [name: string]: Json } = {};
  for (const [name, member] of Object.entries(object))
    if (member !== undefined) out[camel(name)] = camelled(member);
  return out;
}

function camel(name: string): string {
  return name
    .split('_')
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
}
