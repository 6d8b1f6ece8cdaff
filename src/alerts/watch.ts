// Watch: has the rules look when it is their turn, and makes of what they find alerts in the database and notices for channels.
import type { Database } from 'bun:sqlite';
import type { AlertRecord, RuleName } from '../core/alert.ts';
import { GatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import type { AlertBook } from './alert-book.ts';
import { activeAlerts, activeOf, putAlert, silenceOf } from './alert-rows.ts';
import type { AlertSettings } from './alert-settings.ts';
import { isReady, wants } from './channels/which-channel.ts';
import type { Finding, Rule } from './finding.ts';
import { enqueue } from './outbox.ts';
import { type Looked, noticeOf, type Transition, transitions } from './transitions.ts';

/** Of one rule at once begin the worst of them; what has begun is never left out, or it would end and begin again. */
const MAX_FINDINGS = 200;

export interface WatchOptions {
  readonly book: AlertBook;
  readonly rules: readonly Rule[];
  readonly settings: () => AlertSettings;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Log;
}

export class Watch {
  readonly #options: WatchOptions;
  readonly #since: number;
  readonly #lookedAt = new Map<RuleName, number>();
  readonly #looking = new Set<RuleName>();
  readonly #failing = new Set<RuleName>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#since = options.now();
  }

  /** Those rules whose turn it is. One that takes long keeps no other. Never throws. */
  async look(): Promise<void> {
    const { settings, rules } = this.#options;
    if (!settings().enabled) return this.#endAll();
    await Promise.all(rules.filter((rule) => this.#isDue(rule)).map((rule) => this.#lookFor(rule)));
  }

  #isDue({ name, everyMs }: Rule): boolean {
    const now = this.#options.now();
    const last = this.#lookedAt.get(name);
    // A clock that was set back is no reason to wait.
    return !this.#looking.has(name) && (last === undefined || now - last >= everyMs || now < last);
  }

  async #lookFor(rule: Rule): Promise<void> {
    const { name } = rule;
    this.#looking.add(name);
    try {
      await this.#apply(rule);
      this.#failing.delete(name);
    } catch (error) {
      // That the log is away is told by the rule that looks at it.
      if (!this.#failing.has(name) && !isLogAway(error))
        this.#options.log('warn', 'a rule of alerts cannot look', {
          rule: name,
          reason: error instanceof Error ? error.message : '',
        });
      this.#failing.add(name);
    } finally {
      this.#looking.delete(name);
    }
  }

  async #apply(rule: Rule): Promise<void> {
    const { book, settings, now } = this.#options;
    const startedAt = now();
    this.#lookedAt.set(rule.name, startedAt);
    const { enabled } = settings().rules[rule.name];
    const active = this.#activeOf(rule.name);
    if (!enabled && active.length === 0) return;
    const subjects = new Set(active.map(({ subject }) => subject));
    const findings = enabled ? await rule.look(startedAt, subjects) : [];
    if (findings === null) return;
    const worst = worstOf(findings, subjects);
    const changesNow = () =>
      enabled
        ? transitions(this.#looked(rule, worst))
        : this.#activeOf(rule.name).map((alert) => switchedOff(alert, startedAt));
    // Most looks change nothing, and take no lock.
    if (changesNow().length === 0) return;
    await book.write((sqlite) => {
      // Read again under the lock: another process may have begun the same.
      for (const change of changesNow()) this.#write(sqlite, change);
    });
  }

  /** Nothing is looked for any more. */
  async #endAll(): Promise<void> {
    const { book, now, log } = this.#options;
    try {
      if (book.read(activeAlerts).length === 0) return;
      await book.write((sqlite) => {
        for (const alert of activeAlerts(sqlite)) this.#write(sqlite, switchedOff(alert, now()));
      });
    } catch (error) {
      log('warn', 'alerts that are switched off cannot be ended', {
        reason: error instanceof Error ? error.message : '',
      });
    }
  }

  #activeOf(rule: RuleName): readonly AlertRecord[] {
    return this.#options.book.read((sqlite) => activeOf(sqlite, rule));
  }

  #looked({ name, lingerMs, isOver }: Rule, findings: readonly Finding[]): Looked {
    const { book, settings, now, newId } = this.#options;
    const { repeatMs, rules } = settings();
    const at = now();
    return {
      rule: name,
      lingerMs,
      isOver,
      findings,
      active: this.#activeOf(name),
      now: at,
      since: this.#since,
      repeatMs,
      severity: rules[name].severity,
      newId,
      silencedUntil: (subject) => silenceOf(book.sqlite, { rule: name, subject }, at),
    };
  }

  #write(sqlite: Database, change: Transition): void {
    const { settings, now, newId } = this.#options;
    putAlert(sqlite, change.alert);
    const notice = noticeOf(change, now());
    if (notice === null) return;
    for (const [name, channel] of settings().channels)
      if (isReady(channel) && wants(channel, notice.alert)) enqueue(sqlite, name, notice, newId());
  }
}

function worstOf(findings: readonly Finding[], active: ReadonlySet<string>): readonly Finding[] {
  const begun = ({ subject }: Finding) => (active.has(subject) ? 1 : 0);
  return findings
    .toSorted((a, b) => (b.level ?? 1) - (a.level ?? 1) || begun(b) - begun(a))
    .filter((finding, place) => place < MAX_FINDINGS || begun(finding) === 1);
}

function isLogAway(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'storage_unavailable';
}

/** Nobody looks any more: it is neither over nor does it go on. */
function switchedOff(alert: AlertRecord, now: number): Transition {
  return { kind: null, alert: { ...alert, resolvedAt: now, switchedOff: true } };
}
