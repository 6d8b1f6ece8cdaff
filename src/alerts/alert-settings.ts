// AlertSettings: the configuration of alerts with every default in its place.
import type { ConfigFile } from '../config/schema.ts';
import type { RuleName, Severity } from '../core/alert.ts';

type Configured = NonNullable<ConfigFile['alerts']>;
export type ChannelConfig = NonNullable<Configured['channels']>[string];
export type QuietPeriod = NonNullable<Configured['quiet']>[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface AlertSettings {
  readonly enabled: boolean;
  readonly channels: ReadonlyMap<string, ChannelConfig>;
  readonly quiet: readonly QuietPeriod[];
  readonly repeatMs: number;
  readonly groupMs: number;
  readonly keepMs: number;
  /** Without a slash at its end; null: messages name paths only. */
  readonly link: string | null;
  readonly rules: RuleSettings;
}

interface AnyRule {
  readonly enabled: boolean;
  /** In place of the rule's own. */
  readonly severity: Severity | null;
}

export interface RuleSettings {
  readonly budget: AnyRule & { readonly at: readonly number[] };
  readonly spend_spike: AnyRule & { readonly factor: number; readonly minUsd: number };
  readonly error_spike: AnyRule & {
    readonly factor: number;
    readonly minErrors: number;
    readonly minPercent: number;
  };
  readonly runaway: AnyRule & {
    readonly factor: number;
    readonly minUsd: number;
    readonly minRequests: number;
    readonly ignore: ReadonlySet<string>;
  };
  readonly unpriced: AnyRule;
  readonly circuit_open: AnyRule & { readonly afterMs: number };
  readonly export_stuck: AnyRule & { readonly afterMs: number };
  readonly disk: AnyRule & { readonly minPercent: number; readonly minFreeBytes: number };
  readonly log: AnyRule & { readonly afterMs: number };
  readonly limits_store: AnyRule;
  readonly vault: AnyRule;
}

export function alertSettings(configured: ConfigFile['alerts']): AlertSettings {
  const { enabled = true, channels = {}, quiet = [], link = '' } = configured ?? {};
  return {
    enabled,
    channels: new Map(Object.entries(channels)),
    quiet,
    repeatMs: configured?.repeat_every ?? 4 * HOUR_MS,
    groupMs: configured?.group_every ?? 30_000,
    keepMs: configured?.keep ?? 90 * 24 * HOUR_MS,
    link: link === '' ? null : link.replace(/\/+$/, ''),
    rules: ruleSettings(configured?.rules ?? {}),
  };
}

function ruleSettings(rules: NonNullable<Configured['rules']>): RuleSettings {
  const any = (name: RuleName): AnyRule => ({
    enabled: rules[name]?.enabled ?? true,
    severity: rules[name]?.severity ?? null,
  });
  const { budget, spend_spike, error_spike, runaway, circuit_open, export_stuck, disk, log } =
    rules;
  return {
    budget: { ...any('budget'), at: (budget?.at ?? [50, 80, 100]).toSorted((a, b) => a - b) },
    spend_spike: {
      ...any('spend_spike'),
      factor: spend_spike?.factor ?? 3,
      minUsd: spend_spike?.min_usd ?? 5,
    },
    error_spike: {
      ...any('error_spike'),
      factor: error_spike?.factor ?? 3,
      minErrors: error_spike?.min_errors ?? 20,
      minPercent: error_spike?.min_percent ?? 5,
    },
    runaway: {
      ...any('runaway'),
      factor: runaway?.factor ?? 15,
      minUsd: runaway?.min_usd ?? 2,
      minRequests: runaway?.min_requests ?? 300,
      ignore: new Set(runaway?.ignore ?? []),
    },
    unpriced: any('unpriced'),
    circuit_open: { ...any('circuit_open'), afterMs: circuit_open?.after ?? 0 },
    export_stuck: { ...any('export_stuck'), afterMs: export_stuck?.after ?? 15 * MINUTE_MS },
    disk: {
      ...any('disk'),
      minPercent: disk?.min_percent ?? 10,
      minFreeBytes: disk?.min_free ?? 1024 ** 3,
    },
    log: { ...any('log'), afterMs: log?.after ?? MINUTE_MS },
    limits_store: any('limits_store'),
    vault: any('vault'),
  };
}
