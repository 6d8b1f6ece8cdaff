// An alert as the API, webhooks and the command line show it.
import type { AlertRecord } from '../core/alert.ts';
import type { JsonObject } from '../lib/json.ts';

export function shownAlert(alert: AlertRecord): JsonObject {
  return {
    id: alert.id,
    rule: alert.rule,
    subject: alert.subject,
    severity: alert.severity,
    state: alert.resolvedAt === null ? 'firing' : 'resolved',
    title: alert.title,
    facts: alert.facts,
    todo: alert.todo,
    see: alert.see,
    started_at: iso(alert.startedAt),
    last_seen_at: iso(alert.lastSeenAt),
    resolved_at: iso(alert.resolvedAt),
    resolution: alert.resolvedAt === null ? null : alert.switchedOff ? 'switched_off' : 'over',
    notified_at: iso(alert.notifiedAt),
    acknowledged_at: iso(alert.acknowledgedAt),
    silenced_until: iso(alert.silencedUntil),
  };
}

export function iso(ms: number): string;
export function iso(ms: number | null): string | null;
export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
