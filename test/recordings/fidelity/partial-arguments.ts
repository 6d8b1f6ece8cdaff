// Function calls of Gemini answers, also those whose arguments come in pieces: `{jsonPath: "$.a[0].b", stringValue: "…"}`.
// ai.google.dev/api/caching#FunctionCall; recorded in streams that ask for them.
import {
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../../src/lib/json.ts';

type Place = { [key: string]: Place | Json };

export function partialArguments(parts: readonly JsonObject[]): { name: string; input: Json }[] {
  const calls: { name: string; input: Json; open: boolean; flat: Map<string, Json> }[] = [];
  for (const { functionCall } of parts) {
    const call = asObject(functionCall);
    if (call === undefined) continue;
    const last = calls.at(-1);
    const name = asString(call.name) ?? '';
    if (last?.open !== true || name !== '')
      calls.push({ name, input: call.args ?? {}, open: false, flat: new Map() });
    const current = calls.at(-1);
    if (!current) continue;
    for (const piece of asObjects(call.partialArgs)) {
      const path = asString(piece.jsonPath) ?? '$';
      const value = valueIn(piece);
      const known = current.flat.get(path);
      const longer = typeof known === 'string' && typeof value === 'string';
      current.flat.set(path, longer ? known + value : value);
    }
    current.open = call.willContinue === true;
  }
  return calls.map(({ name, input, flat }) => ({
    name,
    input: flat.size === 0 ? input : unflat(flat),
  }));
}

function valueIn(piece: JsonObject): Json {
  return piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null;
}

function unflat(flat: ReadonlyMap<string, Json>): Json {
  const root: Place = {};
  for (const [path, value] of flat) {
    const keys = [...path.matchAll(/\.([^.[]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(
      (one) => one[1] ?? one[2] ?? one[3] ?? '',
    );
    let at = root;
    keys.forEach((key, index) => {
      if (index === keys.length - 1) at[key] = value;
      else {
        at[key] ??= {};
        at = at[key] as Place;
      }
    });
  }
  return listed(root);
}

/** Objects whose keys are 0, 1, 2… are lists. */
function listed(place: Place | Json): Json {
  if (typeof place !== 'object' || place === null || Array.isArray(place)) return place as Json;
  const entries = Object.entries(place).map(
    ([key, value]) => [key, listed(value as Place)] as const,
  );
  const isList = entries.length > 0 && entries.every(([key], index) => key === `${index}`);
  return isList ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
