// One event of Mixpanel's raw export → the outcomes it is, by the configured mapping.
import { createHash } from 'node:crypto';
import type { MixpanelSettings } from '../../config/export-mixpanel-schema.ts';
import { asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import type { FoundOutcome } from '../outcome-source.ts';

export type EventMapping = NonNullable<MixpanelSettings['outcomes']>['events'][number];

const DEFAULT_USER = 'distinct_id';
const ID_CHARS = 40;

/** Null for each mapping of its name that finds no user or no value in it. */
export function eventOutcomes(
  event: JsonObject,
  mappings: readonly EventMapping[],
): (FoundOutcome | null)[] {
  const name = asString(event.event);
  const properties = asObject(event.properties) ?? {};
  return mappings
    .filter((mapping) => mapping.event === name)
    .map((mapping) => outcomeOf(properties, mapping));
}

function outcomeOf(properties: JsonObject, mapping: EventMapping): FoundOutcome | null {
  const { event, metric, value: from = 1, user: userProperty = DEFAULT_USER } = mapping;
  const user = textOf(properties[userProperty]);
  const value = typeof from === 'number' ? from : numberOf(properties[from]);
  const time = asNumber(properties.time);
  if (user === null || value === null || time === undefined) return null;
  return {
    id: idOf(event, properties, metric),
    user,
    generation_id: textOf(properties.generation_id),
    metric,
    value,
    // Whole seconds in the export.
    at: Math.round(time * 1000),
  };
}

/** What Mixpanel itself tells repeats by, and the metric: an event may count as several. */
function idOf(event: string, properties: JsonObject, metric: string): string {
  const { $insert_id: insertId, distinct_id: user, time } = properties;
  const told = asString(insertId) ?? JSON.stringify(properties);
  const same = JSON.stringify([event, user ?? null, time ?? null, told, metric]);
  return createHash('sha256').update(same).digest('hex').slice(0, ID_CHARS);
}

function textOf(value: Json | undefined): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return asNumber(number) ?? null;
}
