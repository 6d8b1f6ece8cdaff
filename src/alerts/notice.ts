// Notice: one thing to tell of one alert; Message: all that a channel is told at once.
import type { AlertRecord, NoticeKind, Severity } from '../core/alert.ts';

/** The alert as it was when there was something to tell. */
export interface Notice {
  readonly kind: NoticeKind;
  /** Unix milliseconds. */
  readonly at: number;
  readonly alert: AlertRecord;
}

export interface Message {
  readonly id: string;
  /** When it was put together, Unix milliseconds. */
  readonly at: number;
  readonly kind: 'alerts' | 'summary' | 'test';
  /** The worst first; at most `MAX_NOTICES`. */
  readonly notices: readonly Notice[];
  /** How many there are beyond those. */
  readonly more: number;
}

/** A storm is told by its worst; the API has the rest. */
const MAX_NOTICES = 20;

const WEIGHT: { readonly [S in Severity]: number } = { critical: 3, warning: 2, info: 1 };

/** Of each alert the last that is to be told: what began and ended while nobody was told is one line. */
export function composed(
  id: string,
  at: number,
  kind: Message['kind'],
  notices: readonly Notice[],
): Message {
  const last = new Map<string, Notice>();
  for (const notice of notices) last.set(notice.alert.id, notice);
  const sorted = [...last.values()].toSorted(
    (a, b) =>
      Number(a.kind === 'resolved') - Number(b.kind === 'resolved') ||
      WEIGHT[b.alert.severity] - WEIGHT[a.alert.severity] ||
      a.at - b.at,
  );
  const shown = sorted.slice(0, MAX_NOTICES);
  return { id, at, kind, notices: shown, more: sorted.length - shown.length };
}
