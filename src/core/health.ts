// What is known of how well a target answers, in the words that routing, failover and the operator share.
import { type Candidate, keyIdentity, type ProviderKey } from './plan.ts';

/** One model of one provider, asked with one of its keys. */
export interface HealthTarget {
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  /** The key's label, never the key. Null: the provider needs none. */
  readonly key: string | null;
  readonly region: string | null;
  /** True where its provider has no other key: a refusal of it is then a failure like any other. */
  readonly onlyKey?: boolean;
  /** True where the key is a caller's own: what becomes of it says nothing of anybody else's. */
  readonly own?: boolean;
}

/**
 * `ready`    asked as usual
 * `cooling`  it asked to be left alone, or its key was refused
 * `open`     too much of it failed lately: it is left alone
 * `probing`  its time of being left alone is over: one request may find out whether it answers again
 */
export type HealthState = 'ready' | 'cooling' | 'open' | 'probing';

/** How a target stands now. Asking for it changes nothing. */
export interface Standing {
  readonly state: HealthState;
  /** Milliseconds until it is asked again. While `probing`: until another request may probe, 0 where one is wanted now. */
  readonly forMs: number;
  /** Whether it may be asked now. */
  readonly admissible: boolean;
  /** Of the calls lately that said something of the model (all its keys) or of its provider's address, the worse of the two; null: none did. */
  readonly errorRate: number | null;
  /** True where that rate is high enough, of enough calls, to ask others first. */
  readonly degraded: boolean;
}

/** What a plan may know of health. */
export interface HealthView {
  standing(target: HealthTarget): Standing;
}

export function healthTarget(
  { configured, model }: Pick<Candidate, 'configured' | 'model'>,
  key: ProviderKey | null,
): HealthTarget {
  const { provider, region, keys } = configured;
  // To leave a caller's own key alone is to leave nobody else alone.
  if (key?.own !== undefined)
    return { provider: provider.id, model, key: keyIdentity(key), region, own: true };
  // Callers' own stand before the operator's.
  const onlyKey = keys.length < 2 || (keys[0]?.own !== undefined && keys.at(-2)?.own !== undefined);
  return { provider: provider.id, model, key: key?.label ?? null, region, onlyKey };
}
