// Writing outcomes down, each id once. Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import type { Outcome } from './outcome.ts';
import { bumpRevision } from './place-outcomes.ts';

export interface Accepted {
  readonly accepted: number;
  /** Their ids were there already. */
  readonly duplicates: number;
}

/** An id was used before, for something else. */
export interface Clash {
  /** The place in the request of the one that clashes. */
  readonly clash: number;
}

/** All of them or none. `now`: Unix milliseconds. */
export function keepOutcomes(
  sqlite: Database,
  outcomes: readonly Outcome[],
  now: number,
): Accepted | Clash {
  const insert = sqlite.query(
    `INSERT INTO outcomes (user_id, at, id, metric, value, generation_id)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const wait = sqlite.query(
    'INSERT INTO outcomes_to_place (id, user_id, at, received_at) VALUES (?, ?, ?, ?)',
  );
  const known = sqlite.query<KnownOutcome, [string]>(
    'SELECT user_id, metric, value FROM outcomes WHERE id = ?',
  );
  const clash = clashIn(outcomes, (id) => known.get(id));
  if (clash !== -1) return { clash };
  const keep = sqlite.transaction(() => {
    let accepted = 0;
    for (const { id, user, generationId, metric, value, at } of outcomes) {
      if (insert.run(user ?? '', at, id, metric, value, generationId).changes === 0) continue;
      wait.run(id, user ?? '', at, now);
      accepted += 1;
    }
    if (accepted > 0) bumpRevision(sqlite);
    return accepted;
  });
  const accepted = keep.immediate();
  return { accepted, duplicates: outcomes.length - accepted };
}

interface KnownOutcome {
  readonly user_id: string;
  readonly metric: string;
  readonly value: number;
}

/** The first that says something else than what was kept under its id; -1: none does. */
function clashIn(outcomes: readonly Outcome[], known: (id: string) => KnownOutcome | null): number {
  const differing = outcomes.findIndex((outcome) => differs(outcome, known(outcome.id)));
  if (differing !== -1) return differing;
  // A request that is repeated under its key has neither more outcomes nor fewer.
  const keyed = outcomes.flatMap(({ id }, at) => (KEYED.test(id) ? [{ at, id }] : []));
  const fresh = keyed.filter(({ id }) => known(id) === null);
  const [first] = fresh;
  if (first !== undefined && fresh.length < keyed.length) return first.at;
  const last = fresh.length === 0 ? keyed.at(-1) : undefined;
  if (last === undefined) return -1;
  const next = last.id.replace(KEYED, `k ${outcomes.length} `);
  return known(next) === null ? -1 : last.at;
}

/** As `readOutcomes` makes an id of a request's key and the outcome's place. */
const KEYED = /^k \d+ /;

/** The same outcome may be sent again, and then says the same. (Its time may be that of its arrival.) */
function differs({ user, metric, value }: Outcome, known: KnownOutcome | null): boolean {
  if (known === null) return false;
  return known.user_id !== (user ?? '') || known.metric !== metric || known.value !== value;
}
