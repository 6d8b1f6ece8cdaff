// Log: rows are being given up, or the database has been away for a while; and what is wrong with where limits are counted.
import type { RuleSettings } from '../alert-settings.ts';
import type { Finding, Rule } from '../finding.ts';
import { bytes, count, named, span } from '../told-figures.ts';

/** Of the ledger's figures, those that tell of trouble. */
export interface LogStanding {
  readonly dropped: number;
  readonly refused: number;
  readonly lagMs: number;
  readonly spooledRows: number;
  readonly spooledBytes: number;
  readonly database: 'ok' | 'down';
}

export function logRule(read: () => LogStanding, settings: () => RuleSettings['log']): Rule {
  let before: LogStanding | null = null;
  let downSince: number | null = null;
  return {
    name: 'log',
    everyMs: 5_000,
    lingerMs: 60_000,
    look(now) {
      const stats = read();
      const found: Finding[] = [];
      const dropped = stats.dropped - (before?.dropped ?? 0);
      const refused = stats.refused - (before?.refused ?? 0);
      before = stats;
      if (stats.database === 'ok') downSince = null;
      else downSince ??= now;
      if (dropped > 0) found.push(droppedFinding(dropped, stats));
      if (refused > 0) found.push(refusedFinding(refused));
      if (downSince !== null && now - downSince >= settings().afterMs)
        found.push(awayFinding(stats, downSince, now));
      return found;
    },
  };
}

function droppedFinding(dropped: number, stats: LogStanding): Finding {
  return {
    subject: 'dropped',
    severity: 'critical',
    title: 'Rows of the log are being given up: there is no room for them',
    facts: {
      'given up just now': `${count(dropped)} rows`,
      'since the start': `${count(stats.dropped)} rows`,
      'waiting on disk': bytes(stats.spooledBytes),
    },
    todo: 'Bring the database back or make room on the disk; what is given up is in no sum.',
    see: '/metrics',
  };
}

function refusedFinding(refused: number): Finding {
  return {
    subject: 'refused',
    severity: 'warning',
    title: 'The database refuses rows of the log for good',
    facts: { 'refused just now': `${count(refused)} rows` },
    todo: 'They are in spool/refused.ndjson of the data folder; the program’s own log says why.',
    see: '/metrics',
  };
}

function awayFinding(stats: LogStanding, since: number, now: number): Finding {
  return {
    subject: 'database',
    severity: 'warning',
    title: `The log's database has been away for ${span(now - since)}: rows wait on disk`,
    facts: {
      waiting: `${count(stats.spooledRows)} rows, ${bytes(stats.spooledBytes)}`,
      'oldest row': span(stats.lagMs),
    },
    todo: 'Bring it back: rows are taken then. Requests are served meanwhile.',
    see: '/metrics',
    since,
  };
}

/** @param read what is wrong, without secrets; null: nothing */
export function limitsStoreRule(read: () => string | null): Rule {
  return {
    name: 'limits_store',
    everyMs: 5_000,
    lingerMs: 30_000,
    look() {
      const trouble = read();
      if (trouble === null) return [];
      return [
        {
          subject: 'store',
          severity: 'critical',
          title: 'Limits are not counted where they should be',
          facts: { reason: named(trouble) },
          todo: 'Bring the store back. Until then each gateway counts by itself, or refuses (limits.on_store_failure).',
          see: '/metrics',
        },
      ];
    },
  };
}
