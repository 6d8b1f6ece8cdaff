// How ill is ill, and how long it is left alone: as the configuration says or by default.
import type { ConfigFile } from '../../config/schema.ts';

/** Durations in milliseconds, rates from 0 to 1. */
export interface HealthSettings {
  /** False: nothing is left alone or put last; it is only counted. */
  readonly enabled: boolean;
  /** What "lately" means. */
  readonly windowMs: number;
  /** A circuit opens on so many failures that are such a part of the calls. */
  readonly minFailures: number;
  readonly failureRate: number;
  /** Doubled with each probe that fails, up to the most. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** After so many 429s in a row that name no time: this long; doubled with each in a row, up to the most. */
  readonly coolAfter: number;
  readonly coolMs: number;
  readonly maxCoolMs: number;
  /** After a key was refused. */
  readonly keyCoolMs: number;
  /** From this rate on, of so many calls, others are asked first. */
  readonly degradedRate: number;
  readonly degradedCalls: number;
}

const DEFAULTS: HealthSettings = {
  enabled: true,
  windowMs: 30_000,
  minFailures: 10,
  failureRate: 0.5,
  openMs: 5_000,
  maxOpenMs: 120_000,
  coolAfter: 5,
  coolMs: 1_000,
  maxCoolMs: 60_000,
  keyCoolMs: 30_000,
  degradedRate: 0.2,
  degradedCalls: 10,
};

export function healthSettings(health: ConfigFile['health'] = {}): HealthSettings {
  return {
    enabled: health.enabled ?? DEFAULTS.enabled,
    windowMs: health.window ?? DEFAULTS.windowMs,
    minFailures: health.min_failures ?? DEFAULTS.minFailures,
    failureRate: health.failure_rate ?? DEFAULTS.failureRate,
    openMs: health.open_for ?? DEFAULTS.openMs,
    maxOpenMs: health.max_open_for ?? DEFAULTS.maxOpenMs,
    coolAfter: health.cool_after ?? DEFAULTS.coolAfter,
    coolMs: health.cool_for ?? DEFAULTS.coolMs,
    maxCoolMs: health.max_cool_for ?? DEFAULTS.maxCoolMs,
    keyCoolMs: health.key_cool_for ?? DEFAULTS.keyCoolMs,
    degradedRate: health.degraded_rate ?? DEFAULTS.degradedRate,
    degradedCalls: health.degraded_calls ?? DEFAULTS.degradedCalls,
  };
}
