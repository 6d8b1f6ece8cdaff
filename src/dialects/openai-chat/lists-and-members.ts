// Members of many objects as those of one, where lists go on from piece to piece.
import type { Json } from '../../lib/json.ts';
import { GatheredMembers } from '../gathered-members.ts';
import { GatheredEntries } from './gathered-entries.ts';

export class ListsAndMembers {
  readonly #lists = new Map<string, GatheredEntries>();
  readonly #members = new GatheredMembers(2);

  put(name: string, value: Json | undefined): void {
    if (!Array.isArray(value)) {
      this.#members.put(name, value);
      return;
    }
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = new GatheredEntries();
      this.#lists.set(name, list);
    }
    list.push(value);
  }

  object(): { readonly [name: string]: Json } {
    const lists = [...this.#lists].map(([name, entries]): [string, Json] => [name, entries.list()]);
    return { ...this.#members.object(), ...Object.fromEntries(lists) };
  }
}
