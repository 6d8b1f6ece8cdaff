// Alerts, put together: each rule with what it looks at.
import { statfs } from 'node:fs/promises';
import { alertSettings } from '../alerts/alert-settings.ts';
import { Alerts } from '../alerts/alerts.ts';
import type { DeliveryOutcome } from '../alerts/courier.ts';
import type { Rule } from '../alerts/finding.ts';
import { Habits } from '../alerts/habits.ts';
import { budgetRule } from '../alerts/rules/budgets.ts';
import { circuitRule } from '../alerts/rules/circuits.ts';
import { type DiskRoom, diskRule } from '../alerts/rules/disk.ts';
import { type ExportHealth, exportRule } from '../alerts/rules/exports-stuck.ts';
import { limitsStoreRule, logRule } from '../alerts/rules/log-troubles.ts';
import { runawayRule } from '../alerts/rules/runaway.ts';
import { sealedKeysRule } from '../alerts/rules/sealed-keys.ts';
import { errorSpikeRule, PastHours, spendSpikeRule } from '../alerts/rules/spikes.ts';
import { unpricedRule } from '../alerts/rules/unpriced.ts';
import { WatchedExchanges } from '../alerts/watched-exchanges.ts';
import type { ConfigFile } from '../config/schema.ts';
import { RULES } from '../core/alert.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import { scrub } from '../lib/scrub.ts';
import type { Keys } from '../limits/keys/keys.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { Store } from '../store/open-store.ts';
import type { Health } from '../upstream/health/health.ts';
import type { Vault } from '../vault/vault.ts';
import { alertUsage } from './alert-usage.ts';
import { budgetReader } from './read-budgets.ts';

export interface AlertSources {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'usage' | 'stats'>;
  readonly health: Pick<Health, 'ill'>;
  readonly keys: Pick<Keys, 'known' | 'list'>;
  readonly limits: Pick<Limiter, 'of' | 'ofUser' | 'read' | 'spent' | 'trouble'>;
  readonly exports: () => readonly ExportHealth[];
  readonly vault: Pick<Vault, 'trouble'>;
  /** As it is now. */
  readonly config: () => ConfigFile['alerts'];
  readonly metrics: MetricRegistry;
  readonly log: Log;
  readonly now: () => number;
  /** Of the data folder's volume; null: not known. */
  readonly disk?: (() => Promise<DiskRoom | null>) | undefined;
}

export function openAlerts(sources: AlertSources): Alerts {
  const { store, config, now, log, metrics } = sources;
  let read: { readonly config: ConfigFile['alerts']; readonly settings: Settings } | null = null;
  const settings = () => {
    const current = config();
    if (read === null || read.config !== current)
      read = { config: current, settings: alertSettings(current) };
    return read.settings;
  };
  const watched = new WatchedExchanges(now);
  const rules = rulesOf(sources, watched, () => settings().rules);
  const onOutcome = counters(metrics);
  const alerts = new Alerts({ store, watched, rules, settings, now, log, onOutcome });
  gauge(metrics, alerts);
  return alerts;
}

type Settings = ReturnType<typeof alertSettings>;

function rulesOf(
  sources: AlertSources,
  watched: WatchedExchanges,
  settings: () => Settings['rules'],
): readonly Rule[] {
  const { ledger, health, now, store, keys, limits } = sources;
  const usage = alertUsage(ledger, now);
  const { disk = () => roomOf(store.dataDir) } = sources;
  const past = new PastHours(usage, () => watched.lastAt);
  return [
    runawayRule(watched, new Habits(usage), () => settings().runaway),
    budgetRule(budgetReader(watched, keys, limits), () => settings().budget),
    spendSpikeRule(past, () => settings().spend_spike),
    errorSpikeRule(past, () => settings().error_spike),
    unpricedRule(watched),
    circuitRule(
      () => health.ill(),
      () => settings().circuit_open,
    ),
    exportRule(sources.exports, () => settings().export_stuck),
    diskRule(disk, () => settings().disk),
    logRule(
      () => ledger.stats,
      () => settings().log,
    ),
    limitsStoreRule(() => (limits.trouble === null ? null : scrub(limits.trouble))),
    sealedKeysRule(() => sources.vault.trouble()),
  ];
}

async function roomOf(folder: string): Promise<DiskRoom | null> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

function counters(metrics: MetricRegistry): (channel: string, outcome: DeliveryOutcome) => void {
  const notifications = metrics.counter({
    name: 'switchyard_alerts_notifications_total',
    help: 'Messages to channels of alerts, by what became of an attempt: sent, retried, failed for good.',
    labels: ['channel', 'outcome'],
  });
  return (channel, outcome) => {
    notifications.of(channel, outcome).value += 1;
  };
}

function gauge(metrics: MetricRegistry, alerts: Alerts): void {
  const active = metrics.gauge({
    name: 'switchyard_alerts_active',
    help: 'Alerts that go on.',
    labels: ['rule'],
  });
  metrics.onRead(() => {
    for (const rule of RULES) active.of(rule).value = 0;
    for (const { rule } of alerts.active()) active.of(rule).value += 1;
  });
}
