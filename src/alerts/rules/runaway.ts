// Runaway: one user, key or session does in five minutes far more than it is wont to.
//
// A typical five minutes are a twelfth of a busy hour. `factor` times that, and the floors, is the threshold; with the default
// of 15 somebody has to do in five minutes a quarter more than in a busy hour, so a batch job at its usual hour is none.
import type { RuleSettings } from '../alert-settings.ts';
import type { Finding, Rule } from '../finding.ts';
import type { Habit, Habits } from '../habits.ts';
import type { Activity } from '../recent-activity.ts';
import { count, named, nanoUsd, usd } from '../told-figures.ts';
import { KINDS, type SubjectKind, type WatchedExchanges } from '../watched-exchanges.ts';

const PARTS_PER_HOUR = 12;
const NANO = 1e9;
/** What has begun goes on above this part of its threshold. */
const KEEPS = 0.5;
/** The log is asked for so many habits at a look. */
const MAX_LOOKED_UP = 6;

export function runawayRule(
  watched: Pick<WatchedExchanges, 'activity'>,
  habits: Habits,
  settings: () => RuleSettings['runaway'],
): Rule {
  return {
    name: 'runaway',
    everyMs: 5_000,
    lingerMs: 5 * 60_000,
    async look(now, active) {
      const found: Finding[] = [];
      const told: Activity[] = [];
      let lookedUp = 0;
      for (const kind of KINDS)
        for (const one of suspects(kind, watched, settings(), active, now)) {
          const subject = `${kind}:${one.name}`;
          const isActive = active.has(subject);
          // A conversation is its user's doing, and a key's doing is what is left without users and conversations.
          const rest = isActive ? one : without(one, told);
          if (rest === null) continue;
          const remembered = isActive ? habits.remembered(kind, one.name) : null;
          if (remembered === null && ++lookedUp > MAX_LOOKED_UP) continue;
          const habit = remembered ?? (await habits.of(kind, one.name, now));
          // A key is a whole application's: in its first hour nobody knows how much is much.
          if (kind === 'key' && habit.basis === 'nothing') continue;
          if (judge(rest, habit, settings(), isActive) === null) continue;
          const over = judge(one, habit, settings(), isActive);
          if (over === null) continue;
          told.push(one);
          found.push(findingOf(kind, one, habit, over));
        }
      return found;
    },
  };
}

/** Above the floors, the heaviest first. */
function suspects(
  kind: SubjectKind,
  { activity }: Pick<WatchedExchanges, 'activity'>,
  { minUsd, minRequests, ignore }: RuleSettings['runaway'],
  active: ReadonlySet<string>,
  now: number,
): readonly Activity[] {
  const heavy: Activity[] = [];
  for (const one of activity[kind].all(now)) {
    const subject = `${kind}:${one.name}`;
    const part = active.has(subject) ? KEEPS : 1;
    const isOver = one.costNano >= minUsd * NANO * part || one.requests >= minRequests * part;
    if (isOver && !ignore.has(subject)) heavy.push(one);
  }
  return heavy.toSorted((a, b) => b.costNano - a.costNano || b.requests - a.requests);
}

interface Over {
  readonly what: 'spend' | 'requests';
  readonly times: number;
}

/** Null: within its habit. */
function judge(
  { costNano, requests }: Activity,
  habit: Habit,
  { factor, minUsd, minRequests }: RuleSettings['runaway'],
  isActive: boolean,
): Over | null {
  const part = isActive ? KEEPS : 1;
  const spent = costNano / NANO;
  const usualUsd = habit.usd / PARTS_PER_HOUR;
  const usualRequests = habit.requests / PARTS_PER_HOUR;
  if (spent >= part * Math.max(minUsd, factor * usualUsd))
    return { what: 'spend', times: spent / usualUsd };
  if (requests >= part * Math.max(minRequests, factor * usualRequests))
    return { what: 'requests', times: requests / usualRequests };
  return null;
}

/** Without what is told of already; null: it is part of that. */
function without(one: Activity, told: readonly Activity[]): Activity | null {
  if (told.some(({ name }) => name === one.within)) return null;
  const parts = told.filter(({ within }) => within === one.name);
  const sum = (of: 'requests' | 'costNano') => parts.reduce((all, part) => all + part[of], 0);
  return {
    ...one,
    requests: one.requests - sum('requests'),
    costNano: one.costNano - sum('costNano'),
  };
}

const BASES: { readonly [Basis in Habit['basis']]: string } = {
  hours: 'its busy hours of the last days',
  days: 'its busy days of the last week',
  others: 'it is new: a day of others on average',
  nothing: 'nothing: the log has no day yet',
};

function findingOf(kind: SubjectKind, one: Activity, habit: Habit, over: Over): Finding {
  const who = `${kind[0]?.toUpperCase()}${kind.slice(1)} ${named(one.name)}`;
  const figure = over.what === 'spend' ? nanoUsd(one.costNano) : `${count(one.requests)} requests`;
  const times = Number.isFinite(over.times) ? `${count(over.times)} times what is usual` : 'new';
  return {
    subject: `${kind}:${one.name}`,
    severity: 'critical',
    title: `${who} runs away: ${figure} in five minutes, ${times}`,
    facts: {
      'last five minutes': `${nanoUsd(one.costNano)}, ${count(one.requests)} requests`,
      usual: `${usd(habit.usd)} and ${count(habit.requests)} requests in ${habit.basis === 'hours' ? 'an hour' : 'a day'}`,
      'compared with': BASES[habit.basis],
    },
    todo: todo(kind),
    see: kind === 'session' ? null : `/router/v1/logs?${kind}=${encodeURIComponent(one.name)}`,
  };
}

function todo(kind: SubjectKind): string {
  if (kind === 'key') return 'Look at its requests; switch the key off or give it a budget.';
  if (kind === 'user') return 'Look at its requests; give the user a budget or a rate limit.';
  return 'Find the conversation in the log by its metadata; limit its user or key.';
}
