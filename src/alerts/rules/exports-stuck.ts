// Export stuck: rows of the log do not get to where they are exported.
import type { RuleSettings } from '../alert-settings.ts';
import type { Rule } from '../finding.ts';
import { named, span } from '../told-figures.ts';

export interface ExportHealth {
  readonly name: string;
  /** How long the oldest row that is not exported has been waiting; 0: none is. */
  readonly lagMs: number;
  /** Since when nothing gets there, Unix milliseconds; null: it does. */
  readonly stuckSince: number | null;
  /** The last failure, without secrets; null: none. */
  readonly why: string | null;
}

export function exportRule(
  read: () => readonly ExportHealth[],
  settings: () => RuleSettings['export_stuck'],
): Rule {
  return {
    name: 'export_stuck',
    everyMs: 10_000,
    lingerMs: 60_000,
    look(now, active) {
      return read().flatMap(({ name, lagMs, stuckSince, why }) => {
        const stuckMs = stuckSince === null ? 0 : now - stuckSince;
        const lateMs = Math.max(lagMs, stuckMs);
        const subject = `export:${name}`;
        if (lateMs < settings().afterMs * (active.has(subject) ? 0.5 : 1)) return [];
        return {
          subject,
          severity: 'warning',
          title: `The export ${named(name)} is stuck: the oldest row waits for ${span(lateMs)}`,
          facts: {
            'oldest row': span(lagMs),
            'nothing got there for':
              stuckSince === null ? 'it is slow, not stopped' : span(stuckMs),
            reason: why === null ? 'none is known' : named(why),
          },
          todo: 'See what it answers; rows are kept on disk until they are taken, or the spool is full.',
          see: '/router/v1/exports',
        };
      });
    },
  };
}
