// One request as an event of Mixpanel: its properties, one list.
import type { MixpanelSettings } from '../../config/export-mixpanel-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import type { JsonObject } from '../../lib/json.ts';
import { distinctIdOf } from './distinct-id.ts';

export type PropertyValue = string | number | boolean;

export interface MixpanelEvent {
  readonly event: string;
  readonly properties: { readonly [name: string]: PropertyValue };
}

interface EventProperty {
  readonly name: string;
  readonly about: string;
  /** Null: it is left out. */
  readonly of: (row: LogRow) => PropertyValue | null;
}

const DEFAULT_EVENT = 'llm_request';
const DEFAULT_PREFIX = 'meta_';
const FACT_PREFIX = 'fact_';
/** Mixpanel takes 255 properties an event, and the first 255 bytes of a text. */
const MAX_FREE_PROPERTIES = 200;
const MAX_NAME_BYTES = 255;
const MAX_TEXT_BYTES = 255;

export const EVENT_PROPERTIES: readonly EventProperty[] = [
  { name: 'generation_id', about: 'the id of the request in the log', of: ({ id }) => id },
  { name: 'endpoint', about: 'what was called', of: ({ endpoint }) => endpoint },
  { name: 'dialect', about: 'the wire format', of: ({ dialect }) => dialect },
  { name: 'stream', about: 'whether a stream was asked for', of: ({ stream }) => stream },
  { name: 'key_id', about: 'the virtual key', of: ({ key_id }) => key_id },
  {
    name: 'requested_model',
    about: 'as the request named it',
    of: ({ requested_model }) => requested_model,
  },
  { name: 'model', about: 'what answered', of: ({ model }) => model },
  { name: 'provider', about: 'who answered', of: ({ provider }) => provider },
  { name: 'router', about: 'the router that chose', of: ({ router_id }) => router_id },
  { name: 'route', about: 'its route', of: ({ route_id }) => route_id },
  { name: 'variant', about: 'the variant of the route', of: ({ variant_id }) => variant_id },
  { name: 'outcome', about: 'ok, error or aborted', of: ({ outcome }) => outcome },
  { name: 'status', about: 'the HTTP status the caller got', of: ({ status }) => status },
  { name: 'error_code', about: 'what went wrong', of: ({ error }) => error?.code ?? null },
  {
    name: 'finish_reason',
    about: 'why the answer ended',
    of: ({ finish_reason }) => finish_reason,
  },
  { name: 'attempts', about: 'calls to providers', of: ({ attempts }) => attempts.length },
  {
    name: 'resumed',
    about: 'another model went on where one broke off',
    of: ({ resumed }) => resumed,
  },
  { name: 'cache', about: 'exact or semantic, where a cache answered', of: ({ cache }) => cache },
  {
    name: 'cache_kind',
    about: 'exact, semantic or shared (still being made for another)',
    of: ({ cache_detail }) => cache_detail?.kind ?? null,
  },
  {
    name: 'saved_usd',
    about: 'what a cached answer had cost',
    of: ({ saved }) => saved?.cost_usd ?? null,
  },
  {
    name: 'saved_input_tokens',
    about: 'tokens in that a cached answer saved',
    of: ({ saved }) => saved?.input_tokens ?? null,
  },
  {
    name: 'saved_output_tokens',
    about: 'tokens out that a cached answer saved',
    of: ({ saved }) => saved?.output_tokens ?? null,
  },
  {
    name: 'prompt_cache_saved_usd',
    about: 'what the providers’ prompt caches took off the cost; below 0 they added to it',
    of: (row) => row.prompt_cache_saved_usd,
  },
  {
    name: 'input_tokens',
    about: 'tokens of the prompt that no cache knew',
    of: ({ usage }) => usage.input,
  },
  {
    name: 'cache_read_tokens',
    about: 'tokens of the prompt from the provider’s cache',
    of: ({ usage }) => usage.cache_read,
  },
  {
    name: 'output_tokens',
    about: 'tokens of the answer, without reasoning',
    of: ({ usage }) => usage.output,
  },
  {
    name: 'reasoning_tokens',
    about: 'tokens of the model’s reasoning',
    of: ({ usage }) => usage.reasoning,
  },
  {
    name: 'usage_estimated',
    about: 'some count is our estimate',
    of: ({ usage_estimated }) => usage_estimated,
  },
  { name: 'cost_usd', about: 'what it cost, in US dollars', of: ({ cost_usd }) => cost_usd },
  {
    name: 'unpriced',
    about: 'something had no known price: so no cost',
    of: ({ unpriced }) => unpriced,
  },
  { name: 'ttft_ms', about: 'milliseconds to the first token', of: ({ ttft_ms }) => ttft_ms },
  { name: 'total_ms', about: 'milliseconds in all', of: ({ total_ms }) => total_ms },
  {
    name: 'simulated',
    about: 'answered by the simulated provider',
    of: ({ simulated }) => simulated,
  },
];

export type EventSettings = Pick<MixpanelSettings, 'event' | 'metadata'>;

/** Of the same row always the same: by event, user, time and `$insert_id` Mixpanel tells what comes again. */
export function requestEvent(row: LogRow, { event, metadata }: EventSettings): MixpanelEvent {
  const properties: { [name: string]: PropertyValue } = {};
  const allowed = metadata?.allow === undefined ? null : new Set(metadata.allow);
  const denied = new Set(metadata?.deny);
  const isWanted = (name: string) => (allowed?.has(name) ?? true) && !denied.has(name);
  const free = [
    ...flat(row.facts, FACT_PREFIX, () => true),
    ...flat(row.metadata, metadata?.prefix ?? DEFAULT_PREFIX, isWanted),
  ];
  for (const [name, value] of free.slice(0, MAX_FREE_PROPERTIES)) properties[name] = value;
  // After the caller's own, so that those replace none of them.
  for (const { name, of } of EVENT_PROPERTIES) {
    const value = of(row);
    if (value === null) delete properties[name];
    else properties[name] = value;
  }
  properties.time = Date.parse(row.at);
  properties.distinct_id = distinctIdOf(row.user);
  properties.$insert_id = row.id;
  return { event: event ?? DEFAULT_EVENT, properties };
}

/** What is an object or a list goes as its JSON; what is null, not at all. */
function flat(
  values: JsonObject | null,
  prefix: string,
  isWanted: (name: string) => boolean,
): [string, PropertyValue][] {
  return Object.entries(values ?? {}).flatMap(([name, value]): [string, PropertyValue][] => {
    const full = `${prefix}${name}`;
    if (!isWanted(name) || value === null || value === undefined || isOurs(full)) return [];
    if (typeof value === 'number' || typeof value === 'boolean') return [[full, value]];
    return [[full, cut(typeof value === 'string' ? value : JSON.stringify(value))]];
  });
}

/** Names that Mixpanel gives a meaning, and those it would cut. */
function isOurs(name: string): boolean {
  return (
    name.startsWith('$') ||
    name.startsWith('mp_') ||
    ['token', 'ip', '__proto__'].includes(name) ||
    Buffer.byteLength(name) > MAX_NAME_BYTES
  );
}

function cut(text: string): string {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  const bytes = Buffer.from(text).subarray(0, MAX_TEXT_BYTES);
  // A letter that was cut through goes whole.
  return new TextDecoder().decode(bytes).replace(/\uFFFD+$/, '');
}
