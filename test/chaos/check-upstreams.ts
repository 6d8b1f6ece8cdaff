// What the providers must have seen, in one case: who was asked, how often, and that a loser's connection was closed.
import { until } from '../journeys/until.ts';
import { expectedOf } from './expected.ts';
import type { Seen } from './farm.ts';
import type { Case } from './run-case.ts';

/** A single candidate may be asked once more after a passing fault. */
const MOST_ALONE = 2;
const CLOSED_WITHIN_MS = 1000;

export async function upstreamProblems(
  one: Case,
  seen: readonly Seen[],
): Promise<readonly string[]> {
  const problems = askedProblems(one, seen);
  try {
    await until(() => seen.every(({ request }) => request.endedAt !== null), CLOSED_WITHIN_MS);
  } catch {
    const open = seen.filter(({ request }) => request.endedAt === null).map(({ role }) => role);
    problems.push(`left open: ${open.join()}`);
  }
  return problems;
}

function askedProblems(one: Case, seen: readonly Seen[]): string[] {
  const { fault, rescuer } = one;
  const asked = seen.map(({ role }) => role).join();
  const first = fault.words === null ? [] : ['failing'];
  if (rescuer === null || fault.fatal !== undefined || expectedOf(one) === 'error') {
    const fine = seen.every(({ role }) => role === 'failing') && seen.length <= MOST_ALONE;
    return fine ? [] : [`asked: ${asked}`];
  }
  const between = (fault.between ?? []).map(() => 'between');
  const isOver = fault.codes.length === 0 && !fault.wins;
  const wanted = isOver ? first : [...first, ...between, 'rescuer'];
  return asked === wanted.join() ? [] : [`asked: ${asked || 'nobody'}`];
}
