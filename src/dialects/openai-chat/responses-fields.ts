// Fields of the Responses wire that the same maker has on this one too, under the same or another name. Other servers of
// this wire may refuse a field they do not know, so only who declares them gets them.
import { asObject, type Json, type JsonObject } from '../../lib/json.ts';

/** platform.openai.com/docs/api-reference/chat/create */
const SHARED: ReadonlySet<string> = new Set([
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
]);

/** The fields as this wire writes them, and those that it has no word for. */
export function fromResponses(fields: JsonObject): {
  readonly carried: [string, Json][];
  readonly left: JsonObject;
} {
  const carried: [string, Json][] = [];
  const left: { [name: string]: Json | undefined } = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && SHARED.has(name)) carried.push([name, value]);
    else if (name === 'text') {
      const { verbosity, ...rest } = asObject(value) ?? {};
      if (verbosity !== undefined) carried.push(['verbosity', verbosity]);
      if (Object.keys(rest).length > 0) left[name] = rest;
    } else left[name] = value;
  }
  return { carried, left };
}
