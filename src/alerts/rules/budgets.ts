// Budget: how much of each budget of a key or user is spent; each threshold is told once a period.
import type { BudgetPeriod } from '../../core/limits.ts';
import type { RuleSettings } from '../alert-settings.ts';
import type { Finding, Rule } from '../finding.ts';
import { count, named, nanoUsd } from '../told-figures.ts';

/** A budget and what is spent of it. */
export interface BudgetStanding {
  /** Of the meter: `key:<id>/budget/day`. */
  readonly id: string;
  readonly who: { readonly what: 'key' | 'user'; readonly id: string; readonly name: string };
  readonly period: BudgetPeriod;
  readonly amountNano: number;
  readonly spentNano: number;
  /** When it begins anew, Unix milliseconds; null: never. */
  readonly resetsAt: number | null;
}

/** Those of who called lately; null: not known now. */
export type ReadBudgets = (
  now: number,
) => readonly BudgetStanding[] | null | Promise<readonly BudgetStanding[] | null>;

const FULL = 100;
const NEARLY = 80;
const MAX_LATEST = 10_000;

export function budgetRule(read: ReadBudgets, settings: () => RuleSettings['budget']): Rule {
  /** As it was read last, by meter: bounded, and what is forgotten ends with its period. */
  const latest = new Map<string, string>();
  return {
    name: 'budget',
    everyMs: 5_000,
    lingerMs: 60_000,
    // Who does not call now has still spent it: it is over with its period, or when the budget is another one.
    isOver(subject, now) {
      const { id, resetsAt } = readSubject(subject);
      const current = latest.get(id);
      return (
        (resetsAt !== null && resetsAt <= now) || (current !== undefined && current !== subject)
      );
    },
    async look(now) {
      const standings = await read(now);
      if (standings === null) return null;
      for (const one of standings) {
        if (latest.size >= MAX_LATEST) latest.delete(latest.keys().next().value ?? '');
        latest.set(one.id, subjectOf(one));
      }
      return standings.flatMap((one) => budgetFinding(one, settings().at) ?? []);
    },
  };
}

/** Another amount or another period is another budget. */
function subjectOf({ id, amountNano, resetsAt }: BudgetStanding): string {
  return `${id}/${amountNano}/${resetsAt ?? 'total'}`;
}

function readSubject(subject: string): { readonly id: string; readonly resetsAt: number | null } {
  const [id = '', resets = ''] = /^(.*)\/\d+\/(\d+|total)$/s.exec(subject)?.slice(1) ?? [];
  return { id, resetsAt: resets === 'total' ? null : Number(resets) };
}

/** Null: no threshold is reached. @param at rising */
export function budgetFinding(one: BudgetStanding, at: readonly number[]): Finding | null {
  const share = one.amountNano === 0 ? FULL : (one.spentNano / one.amountNano) * 100;
  const reached = at.findLast((threshold) => share >= threshold);
  if (reached === undefined) return null;
  const { what, id, name } = one.who;
  const whose = `${what} ${named(name)}`;
  const per = one.period === 'total' ? 'in all' : `per ${one.period}`;
  return {
    subject: subjectOf(one),
    severity: reached >= FULL ? 'critical' : reached >= NEARLY ? 'warning' : 'info',
    level: reached,
    title:
      reached >= FULL
        ? `The budget of ${whose} is spent: ${nanoUsd(one.spentNano)} of ${nanoUsd(one.amountNano)} ${per}`
        : `${count(share)} % of the budget of ${whose} is spent: ${nanoUsd(one.spentNano)} of ${nanoUsd(one.amountNano)} ${per}`,
    facts: {
      spent: nanoUsd(one.spentNano),
      budget: `${nanoUsd(one.amountNano)} ${per}`,
      threshold: `${reached} %`,
      'begins anew': one.resetsAt === null ? 'never' : new Date(one.resetsAt).toISOString(),
    },
    todo:
      reached >= FULL
        ? 'Further requests are refused with 402 until it begins anew or is raised.'
        : 'Raise it if this is meant to be; at 100 % requests are refused with 402.',
    see: `/router/v1/usage?group_by=model&${what}=${encodeURIComponent(id)}`,
    once: true,
  };
}
