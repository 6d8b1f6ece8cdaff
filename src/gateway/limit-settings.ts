// limitSettings: what the configuration says of limits, with what holds where it says nothing.
import { limitsOf } from '../config/limit-fields.ts';
import type { ConfigFile } from '../config/schema.ts';
import type { Limits } from '../core/limits.ts';

export interface LimitSettings {
  /** Tokens of output that are held for a request that sets no limit to them. */
  readonly assumedOutputTokens: number;
  /** Whether callers with a budget may ask models whose price nobody knows. */
  readonly unpriced: 'refuse' | 'allow';
  readonly onStoreFailure: 'local' | 'refuse';
  /** Of each user who has no limits of their own; null: none. */
  readonly users: Limits | null;
}

const ASSUMED_OUTPUT_TOKENS = 4096;

export function limitSettings(config: ConfigFile['limits']): LimitSettings {
  const { users } = config ?? {};
  return {
    assumedOutputTokens: config?.assumed_output_tokens ?? ASSUMED_OUTPUT_TOKENS,
    unpriced: config?.unpriced ?? 'refuse',
    onStoreFailure: config?.on_store_failure ?? 'local',
    users: users === undefined ? null : limitsOf(users),
  };
}
