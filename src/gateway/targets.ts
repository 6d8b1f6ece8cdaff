// TargetLine: whom one request may ask, in order: each candidate with each of its keys. What failed rules others out.
import type { GatewayError } from '../core/errors.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import { keysFor } from '../upstream/keys.ts';
import type { Load } from '../upstream/load.ts';
import { FailureScope, otherKeyMayHelp } from '../upstream/scope.ts';

export interface Target {
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
}

/** What decides which key of a pool goes first: the same end user, or else the same opening, goes to the same key. */
export interface Sticky {
  readonly user: string | null;
  readonly opening: () => string;
}

export class TargetLine {
  readonly #scope = new FailureScope();
  readonly #admits: (target: Target) => boolean;
  /** Those not asked yet. */
  #waiting: Target[] = [];
  /** Those that are better not asked while there is another. */
  #reluctant: Target[] = [];

  /** @param admits false of a target that is known to be ill, or that wants no requests now: it is asked last. */
  constructor(
    plan: Plan,
    { user, opening }: Sticky,
    load: Load,
    admits: (target: Target) => boolean = () => true,
  ) {
    this.#admits = admits;
    for (const candidate of plan.candidates) {
      const { keys, provider } = candidate.configured;
      for (const key of keysFor(keys, user, opening, load.of(provider.id)))
        this.#waiting.push({ candidate, key });
    }
  }

  /** Whom to ask now; null where nobody is left. */
  next(): Target | null {
    for (let target = this.#waiting.shift(); target; target = this.#waiting.shift()) {
      if (!this.#allows(target)) continue;
      if (this.#admits(target)) return target;
      this.#reluctant.push(target);
    }
    for (let target = this.#reluctant.shift(); target; target = this.#reluctant.shift())
      if (this.#allows(target)) return target;
    return null;
  }

  /** Whether `next` would name somebody: of another candidate than this one, where one is given. */
  hasMore(than: Candidate | null = null): boolean {
    const other = (target: Target) => target.candidate !== than && this.#allows(target);
    return this.#waiting.some(other) || this.#reluctant.some(other);
  }

  /** It did not answer, and neither would whoever fails for the same reason. */
  failed(target: Target, error: GatewayError): void {
    this.#scope.add(error, target.candidate, target.key);
    if (otherKeyMayHelp(error)) return;
    const other = ({ candidate }: Target) => candidate !== target.candidate;
    this.#waiting = this.#waiting.filter(other);
    this.#reluctant = this.#reluctant.filter(other);
  }

  /** It was not needed after all: it may be asked later. */
  putBack(target: Target): void {
    this.#waiting.unshift(target);
  }

  #allows({ candidate, key }: Target): boolean {
    return this.#scope.allows(candidate, key);
  }
}
