// Alert: something the operator should hear of, in the words that rules, channels, the API and the command line share.

export const RULES = [
  'budget',
  'spend_spike',
  'error_spike',
  'runaway',
  'unpriced',
  'circuit_open',
  'export_stuck',
  'disk',
  'log',
  'limits_store',
  'vault',
] as const;
export type RuleName = (typeof RULES)[number];

/** From what may wait for tomorrow to what may not. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a message says of an alert: it began or got worse, it goes on, it is over. */
export type NoticeKind = 'firing' | 'reminder' | 'resolved';

export interface AlertRecord {
  readonly id: string;
  readonly rule: RuleName;
  /** What it is about, the same for as long as it lasts: `user:ann`, `model:openai/gpt-5.4`. */
  readonly subject: string;
  readonly severity: Severity;
  /** The highest it came to: a higher one is told again. */
  readonly level: number;
  /** One line: what happened. */
  readonly title: string;
  /** Figures with their units, by name. */
  readonly facts: { readonly [name: string]: string };
  readonly todo: string;
  /** Where the API shows more of it; null: nowhere. */
  readonly see: string | null;
  /** Neither repeated nor told when it is over. */
  readonly once: boolean;
  /** All times: Unix milliseconds. */
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** Null: it goes on. */
  readonly resolvedAt: number | null;
  /** It ended because nobody looks any more, and not because it was over. */
  readonly switchedOff: boolean;
  /** When channels were last told of it; null: never. */
  readonly notifiedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly silencedUntil: number | null;
}
