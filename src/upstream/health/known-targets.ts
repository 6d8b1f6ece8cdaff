// KnownTargets: what is remembered of each target, in a bounded number of them: the models longest unasked go first.
import type { HealthTarget } from '../../core/health.ts';
import { Circuit } from './circuit.ts';
import { Cooling } from './cooling.ts';
import { type Shared, TargetHealth } from './target-health.ts';

/** Callers name models freely, so that there may be any number of them. Each takes some kilobytes. */
const MAX_TARGETS = 1000;
/** Of addresses and keys: as many as a configuration may hold, and those of some before it. */
const MAX_SHARED = 1000;
/** How much room is made at once, as a part of all. */
const ROOM = 0.1;

interface KnownModel {
  readonly circuit: Circuit;
  readonly byKey: Map<string | null, TargetHealth>;
  usedAt: number;
}

/** What is known of a target: all of it where it was asked before. */
export interface Looked {
  readonly cooling: Cooling | undefined;
  readonly shared: { readonly [Part in keyof Shared]: Shared[Part] | undefined };
}

export class KnownTargets {
  readonly #models = new Map<string, KnownModel>();
  readonly #addresses = new Map<string, Circuit>();
  readonly #keys = new Map<string, Cooling>();
  readonly #maxTargets: number;
  #size = 0;

  constructor(maxTargets = MAX_TARGETS) {
    this.#maxTargets = maxTargets;
  }

  get size(): number {
    return this.#size;
  }

  /** What there is of it, and of what it shares: nothing is remembered for having been looked for. */
  look(target: HealthTarget): Looked {
    const { provider, key } = target;
    const known = this.#models.get(modelId(target));
    return (
      known?.byKey.get(key) ?? {
        cooling: undefined,
        shared: {
          model: known?.circuit,
          address: this.#addresses.get(addressId(target)),
          key: this.#keys.get(keyId(provider, key)),
        },
      }
    );
  }

  /** All there are of one model, whatever the key. */
  ofModel(model: Omit<HealthTarget, 'key' | 'own'>): Iterable<TargetHealth> {
    return this.#models.get(modelId({ ...model, key: null }))?.byKey.values() ?? [];
  }

  /** The target, remembered from now on. */
  use(target: HealthTarget, now: number): TargetHealth {
    const { provider, key } = target;
    const id = modelId(target);
    let model = this.#models.get(id);
    if (model === undefined) {
      model = { circuit: new Circuit(), byKey: new Map(), usedAt: now };
      this.#models.set(id, model);
    }
    model.usedAt = now;
    const known = model.byKey.get(key);
    if (known !== undefined) return known;
    const made = new TargetHealth(target, {
      model: model.circuit,
      address: remembered(this.#addresses, addressId(target), () => new Circuit()),
      key: remembered(this.#keys, keyId(provider, key), () => new Cooling()),
    });
    model.byKey.set(key, made);
    this.#size += 1;
    if (this.#size > this.#maxTargets) this.#makeRoom();
    return made;
  }

  *all(): Generator<TargetHealth> {
    for (const { byKey } of this.#models.values()) yield* byKey.values();
  }

  /** Rare, and then a little at once: those longest unasked go, with all their keys. */
  #makeRoom(): void {
    const byAge = [...this.#models].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [id, { byKey }] of byAge) {
      if (this.#size <= this.#maxTargets * (1 - ROOM)) return;
      this.#models.delete(id);
      this.#size -= byKey.size;
    }
  }
}

/** Ids hold no line breaks, so that no two names make the same text; a model's name, which may, stands last. */
function modelId(target: HealthTarget): string {
  return `${addressId(target)}\n${target.model}`;
}

/** A caller's own key shares nothing with others, not even whether anybody is there: an account may have a place of its own. */
function addressId({ provider, region, own, key }: HealthTarget): string {
  return own === true
    ? `${provider}\n${region ?? ''}\n${key ?? ''}`
    : `${provider}\n${region ?? ''}`;
}

function keyId(provider: string, key: string | null): string {
  return `${provider}\n${key ?? ''}`;
}

function remembered<T>(map: Map<string, T>, id: string, make: () => T): T {
  const known = map.get(id);
  if (known !== undefined) return known;
  const made = make();
  map.set(id, made);
  const [oldest] = map.size > MAX_SHARED ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
  return made;
}
