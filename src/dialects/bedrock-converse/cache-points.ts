// Prompt-cache points in a body: at most as many as the API takes.
import { isObject, type Json } from '../../lib/json.ts';

/** docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html, the same for every model that caches */
const MAX_POINTS = 4;

/** The caller's points are kept, never moved or added to; of more than the API takes, the last ones cover the most. */
export function dropExtraPoints(lists: readonly Json[][], lose: (what: string) => void): void {
  const count = lists.flat().filter(isPoint).length;
  let extra = count - MAX_POINTS;
  if (extra <= 0) return;
  lose(`cache_control: ${extra} of ${count} marks dropped; the API takes ${MAX_POINTS}`);
  for (const list of lists) {
    for (let at = 0; at < list.length && extra > 0; ) {
      if (isPoint(list[at])) {
        list.splice(at, 1);
        extra -= 1;
      } else at += 1;
    }
  }
}

function isPoint(block: Json | undefined): boolean {
  return isObject(block) && block.cachePoint !== undefined;
}
