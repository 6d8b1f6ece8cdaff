// A list of a message in pieces: entries with an index come in several, of which the latest of each member counts; the
// others are added one after the other.
import { asNumber, isObject, type Json } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';

export class GatheredEntries {
  readonly #entries: (Json | GatheredMembers)[] = [];
  readonly #byIndex = new Map<number, GatheredMembers>();

  push(list: readonly Json[]): void {
    for (const entry of list) {
      const index = isObject(entry) ? asNumber(entry.index) : undefined;
      if (index === undefined || !isObject(entry)) {
        this.#entries.push(entry);
        continue;
      }
      let known = this.#byIndex.get(index);
      if (known === undefined) {
        known = new GatheredMembers(0);
        this.#byIndex.set(index, known);
        this.#entries.push(known);
      }
      known.take(entry);
    }
  }

  list(): Json[] {
    return this.#entries.map((entry) =>
      entry instanceof GatheredMembers ? entry.object() : entry,
    );
  }
}
