// Whether each of several answers to one request came to its own end: only the first of them becomes events.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
} from '../../lib/json.ts';
import { finishReason } from './finish.ts';

/** @param pieces the reply, or the chunks of a stream */
export function choicesAreWhole(pieces: readonly JsonObject[]): boolean {
  const ends = new Map<number, string | null>();
  for (const { choices } of pieces) {
    for (const choice of asArray(choices)) {
      if (!isObject(choice)) continue;
      const said = asObject(choice.delta) ?? asObject(choice.message);
      if (asString(said?.refusal)) return false;
      const index = asNumber(choice.index) ?? 0;
      ends.set(index, asString(choice.finish_reason) || (ends.get(index) ?? null));
    }
  }
  return [...ends.values()].every(
    (raw) => raw !== null && finishReason({ raw, calledTools: false, refused: false }) === 'stop',
  );
}
