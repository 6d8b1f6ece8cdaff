// Finding: what a rule has to say of one subject now. Rules look; watch.ts makes alerts of what they find.
import type { AlertRecord, RuleName, Severity } from '../core/alert.ts';

export interface Finding {
  readonly subject: string;
  readonly severity: Severity;
  /** Rises as it gets worse. By default 1. */
  readonly level?: number;
  readonly title: string;
  readonly facts: AlertRecord['facts'];
  readonly todo: string;
  readonly see: string | null;
  readonly once?: boolean;
  /** Unix milliseconds; absent: now. */
  readonly since?: number;
}

export interface Rule {
  readonly name: RuleName;
  /** How often it is worth looking. */
  readonly everyMs: number;
  /** An alert not found for so long is over. */
  readonly lingerMs: number;
  /** Says instead of that time whether one that is not found is over. */
  readonly isOver?: (subject: string, now: number) => boolean;
  /**
   * @param active subjects of its alerts that go on: what has begun ends at a lower threshold than it begins at
   * @returns null: it cannot be said now, so nothing begins and nothing ends
   */
  look(
    now: number,
    active: ReadonlySet<string>,
  ): readonly Finding[] | null | Promise<readonly Finding[] | null>;
}
