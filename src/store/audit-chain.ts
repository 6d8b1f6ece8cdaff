// The chain of the audit trail: each entry's hash covers its own words and the hash of the entry before it, so that a change anywhere shows.
import { CryptoHasher } from 'bun';
import { isObject, parseJson } from '../lib/json.ts';
import type { AuditTable } from './tables.ts';

/** What stands before the first entry there ever was. */
export const NO_HASH = '0'.repeat(64);

/** What pruning leaves behind: up to which entry everything went. */
export const PRUNE_ACTION = 'audit.prune';

export function entryHash(entry: Omit<AuditTable, 'hash'>): string {
  const { previous_hash, id, at, via, actor, actor_name, address, action, target } = entry;
  const words = [previous_hash, id, at, via, actor, actor_name, address, action, target];
  // As JSON, so that no word can be moved from one member to the next.
  const text = JSON.stringify([...words, entry.before, entry.after]);
  return new CryptoHasher('sha256').update(text).digest('hex');
}

export interface ChainHead {
  readonly id: number;
  readonly hash: string;
}

export type Verdict =
  /** @member head the newest entry; null: there is none */
  | { readonly ok: true; readonly entries: number; readonly head: ChainHead | null }
  | { readonly ok: false; readonly id: number; readonly problem: string };

/** Follows a trail from its oldest entry to its newest. */
export class ChainCheck {
  #last: ChainHead | null = null;
  #count = 0;
  /** What the first entry that is left says went before it, until an entry tells that this was pruned. */
  #unproven: ChainHead | null = null;
  #broken: { readonly id: number; readonly problem: string } | null = null;
  #expected: ChainHead | null;

  /** @param expected the head of an earlier check, which has to be there still, unless it was pruned */
  constructor(expected: ChainHead | null = null) {
    this.#expected = expected;
  }

  /** False: the chain is broken here, and what follows says nothing. */
  next(entry: AuditTable): boolean {
    const problem = this.#problemOf(entry);
    if (problem !== null) {
      this.#broken = { id: entry.id, problem };
      return false;
    }
    const { id, hash } = entry;
    if (this.#last === null && id !== 1) this.#unproven = { id: id - 1, hash: entry.previous_hash };
    if (this.#unproven !== null && provesPruned(entry, this.#unproven)) {
      if (this.#expected !== null && this.#expected.id <= this.#unproven.id) this.#expected = null;
      this.#unproven = null;
    }
    if (this.#expected?.id === id) this.#expected = null;
    this.#last = { id, hash };
    this.#count += 1;
    return true;
  }

  verdict(): Verdict {
    if (this.#broken !== null) return { ok: false, ...this.#broken };
    if (this.#unproven !== null) {
      const problem = 'it and all before it are gone, and no entry says that they were pruned';
      return { ok: false, id: this.#unproven.id, problem };
    }
    if (this.#expected !== null)
      return { ok: false, id: this.#expected.id, problem: 'the head of the earlier check is gone' };
    return { ok: true, entries: this.#count, head: this.#last };
  }

  #problemOf(entry: AuditTable): string | null {
    const { id, previous_hash, hash } = entry;
    if (this.#last === null) {
      if (id === 1 && previous_hash !== NO_HASH)
        return 'it does not begin the trail, although it is its first';
    } else if (id !== this.#last.id + 1)
      return id > this.#last.id
        ? `the ${id - this.#last.id - 1} before it are missing`
        : 'it stands behind one that is newer';
    else if (previous_hash !== this.#last.hash)
      return 'it does not follow from the entry before it';
    if (entryHash(entry) !== hash) return 'it was changed: its hash is not that of what it says';
    if (this.#expected?.id === id && this.#expected.hash !== hash)
      return 'it is not the head of the earlier check: the trail was made anew';
    return null;
  }
}

function provesPruned({ action, after }: AuditTable, gone: ChainHead): boolean {
  const told = action === PRUNE_ACTION && after !== null ? parseJson(after) : null;
  return isObject(told) && told.through === gone.id && told.hash === gone.hash;
}
