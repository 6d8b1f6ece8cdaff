// Transitions: what becomes of a rule's alerts by what it finds now. Pure.
import type { AlertRecord, NoticeKind, RuleName, Severity } from '../core/alert.ts';
import type { Finding } from './finding.ts';
import type { Notice } from './notice.ts';

/** How often it is written down that an alert still goes on. */
const REFRESH_MS = 20_000;
/** A new process knows nothing yet: it ends no alert before it has looked for so long. */
const MAX_SETTLING_MS = 5 * 60_000;

export interface Looked {
  readonly rule: RuleName;
  readonly lingerMs: number;
  readonly isOver?: ((subject: string, now: number) => boolean) | undefined;
  readonly findings: readonly Finding[];
  /** Of this rule, those that go on. */
  readonly active: readonly AlertRecord[];
  readonly now: number;
  /** Since when this process looks. */
  readonly since: number;
  readonly repeatMs: number;
  /** In place of the finding's own. */
  readonly severity: Severity | null;
  readonly newId: () => string;
  /** Until when somebody wants to hear nothing of it; null: nobody said so. */
  readonly silencedUntil: (subject: string) => number | null;
}

export interface Transition {
  /** As it is from now on. */
  readonly alert: AlertRecord;
  /** What is to be told of it; null: nothing. */
  readonly kind: NoticeKind | null;
}

export function transitions(looked: Looked): readonly Transition[] {
  const before = new Map(looked.active.map((alert) => [alert.subject, alert]));
  const found = new Map(looked.findings.map((finding) => [finding.subject, finding]));
  const changes: Transition[] = [];
  for (const [subject, finding] of found) {
    const alert = before.get(subject);
    const change = alert === undefined ? begun(finding, looked) : goesOn(alert, finding, looked);
    if (change !== null) changes.push(change);
  }
  for (const alert of looked.active)
    if (!found.has(alert.subject) && isOver(alert, looked)) changes.push(ended(alert, looked.now));
  return changes;
}

export function noticeOf({ alert, kind }: Transition, now: number): Notice | null {
  return kind === null ? null : { kind, at: now, alert };
}

function begun(
  finding: Finding,
  { rule, now, newId, severity, silencedUntil }: Looked,
): Transition {
  const silence = silencedUntil(finding.subject);
  return {
    kind: silence === null ? 'firing' : null,
    alert: {
      id: newId(),
      rule,
      subject: finding.subject,
      severity: severity ?? finding.severity,
      level: finding.level ?? 1,
      ...toldOf(finding),
      once: finding.once ?? false,
      startedAt: finding.since ?? now,
      lastSeenAt: now,
      resolvedAt: null,
      switchedOff: false,
      notifiedAt: silence === null ? now : null,
      acknowledgedAt: null,
      silencedUntil: silence,
    },
  };
}

function goesOn(alert: AlertRecord, finding: Finding, looked: Looked): Transition | null {
  const { now } = looked;
  const level = finding.level ?? 1;
  const isWorse = level > alert.level;
  const kind = isWorse && !isSilent(alert, now) ? 'firing' : reminderOf(alert, looked);
  if (kind === null && !isWorse && now - alert.lastSeenAt < REFRESH_MS) return null;
  return {
    kind,
    alert: {
      ...alert,
      ...(level >= alert.level
        ? { ...toldOf(finding), level, severity: looked.severity ?? finding.severity }
        : {}),
      lastSeenAt: now,
      notifiedAt: kind === null ? alert.notifiedAt : now,
      // Who knew of it did not know of this.
      acknowledgedAt: isWorse ? null : alert.acknowledgedAt,
    },
  };
}

function reminderOf(alert: AlertRecord, { now, repeatMs }: Looked): NoticeKind | null {
  if (isSilent(alert, now) || alert.acknowledgedAt !== null) return null;
  // It began in silence, which is over.
  if (alert.notifiedAt === null) return 'firing';
  return !alert.once && now - alert.notifiedAt >= repeatMs ? 'reminder' : null;
}

function isOver(alert: AlertRecord, looked: Looked): boolean {
  const { now, since, lingerMs } = looked;
  if (looked.isOver !== undefined) return looked.isOver(alert.subject, now);
  const isSettled = now - since >= Math.min(lingerMs, MAX_SETTLING_MS);
  return isSettled && now - alert.lastSeenAt >= lingerMs;
}

function ended(alert: AlertRecord, now: number): Transition {
  const isTold = !alert.once && alert.notifiedAt !== null && !isSilent(alert, now);
  return { kind: isTold ? 'resolved' : null, alert: { ...alert, resolvedAt: now } };
}

function isSilent({ silencedUntil }: AlertRecord, now: number): boolean {
  return silencedUntil !== null && silencedUntil > now;
}

function toldOf({ title, facts, todo, see }: Finding) {
  return { title, facts, todo, see };
}
