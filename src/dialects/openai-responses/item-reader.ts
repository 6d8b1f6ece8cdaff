// Reader of one item of an answer, told piece by piece or whole, as blocks. Servers differ in what they send of an item:
// deltas, only the whole at the end, or both; each piece of text is told once, whichever way it comes first.
import type { JsonObject } from '../../lib/json.ts';

/** What of the whole has not been told yet; nothing where the whole is another text than what was told. */
export function untold(told: string, whole: string): string {
  return whole.startsWith(told) ? whole.slice(told.length) : '';
}

export interface ItemReader {
  readonly type: string;
  readonly over: boolean;
  /** The whole item. */
  done(item: JsonObject): void;
  /** The answer ended without it. */
  abandon(): void;
}
