// What a new configuration changes of the one in force, as the audit trail may tell it: every place, and no text that stands there.
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../lib/json.ts';
import type { ConfigFile } from './schema.ts';

/** Any text may be a secret, hold one, or come from the environment: only figures and switches are told. */
const MASKED = '…';
const MAX_PLACES = 200;

export interface ConfigChanges {
  /** Top-level sections. */
  readonly sections: readonly string[];
  /** By place (`providers.acme.api_key`); null: there is nothing. */
  readonly before: JsonObject;
  readonly after: JsonObject;
}

export function configChanges(before: ConfigFile, after: ConfigFile): ConfigChanges {
  const old: { [place: string]: Json } = {};
  const young: { [place: string]: Json } = {};
  const found = differences(plain(before), plain(after), '');
  for (const { place, was, is } of found.slice(0, MAX_PLACES)) {
    old[place] = masked(was);
    young[place] = masked(is);
  }
  const sections = [...new Set(found.map(({ place }) => place.split(/[.[]/)[0] ?? ''))];
  const left = found.length - MAX_PLACES;
  if (left > 0) young['more places'] = left;
  return { sections, before: old, after: young };
}

interface Difference {
  readonly place: string;
  readonly was: unknown;
  readonly is: unknown;
}

function differences(was: unknown, is: unknown, place: string): readonly Difference[] {
  if (isDeepStrictEqual(was, is)) return [];
  if (Array.isArray(was) && Array.isArray(is) && was.length === is.length)
    return was.flatMap((one, at) => differences(one, is[at], `${place}[${at}]`));
  if (!isObject(was) || !isObject(is)) return [{ place, was, is }];
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names].flatMap((name) =>
    differences(was[name], is[name], place === '' ? name : `${place}.${name}`),
  );
}

/** The shape of what stands there. */
function masked(value: unknown): Json {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return MASKED;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member)]));
}

/** Compiled parts of it (patterns, conditions) are told by where they come from. */
function plain(config: ConfigFile): unknown {
  return JSON.parse(JSON.stringify(config));
}
