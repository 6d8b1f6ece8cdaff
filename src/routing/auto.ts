// chooseAuto: the models behind `auto`, best first: who can take the request, in the order asked for, and why.
import { GatewayError } from '../core/errors.ts';
import type { Live } from '../core/measured.ts';
import type { Candidate } from '../core/plan.ts';
import type { SortBy } from '../core/router.ts';
import { measuresOf } from './auto-measure.ts';
import { isDoubtful, lackOf, type Needs, needBits, needWords } from './auto-needs.ts';
import { byMeasures, order, type Ranked, unranked } from './auto-order.ts';
import { type AutoPool, type PoolEntry, poolEntry } from './auto-pool.ts';
import { choiceWords, sortWords, unableWords } from './auto-reason.ts';
import { bestStanding, rankOf, wordsFor } from './healthiest-first.ts';
import type { MetricTable } from './metrics.ts';
import { nearTheBest } from './near-the-best.ts';

export interface AutoAsked {
  /** The pool: models or whole providers. Absent or empty: every listed chat model of the configured providers. */
  readonly models?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly sort?: readonly SortBy[] | undefined;
  readonly allows: (modelId: string) => boolean;
  readonly needs: Needs;
}

/** What the snapshot holds for it. */
export interface AutoFacts {
  readonly metrics: MetricTable;
  readonly pool: AutoPool;
  /** The candidates of one model name, never empty. Throws a GatewayError that says why there are none. */
  resolve(name: string): readonly Candidate[];
}

/** More would hardly be tried before a request's time is over. */
export const MAX_CANDIDATES = 5;

/** Throws `no_candidate`, saying what would help. */
export function chooseAuto(
  asked: AutoAsked,
  facts: AutoFacts,
  live: Live,
  why: string[],
): readonly Candidate[] {
  const pool = poolOf(asked.models, facts, why);
  const { able, lacks, unable, ignored, forbidden } = whoCan(pool, asked);
  if (able.length === 0)
    throw nobody({ pool: pool.length, lacks, unable, ignored, forbidden }, asked);
  const { needs } = asked;
  const sorted = measuresOf(asked.sort ?? [], facts.metrics, needs, live, why);
  const measures = sorted.length > 0 ? sorted : nearTheBest(able, needs, live);
  order(able, measures);
  const { chosen, passed } = wellFirst(able, live, why);
  const cannot =
    unable === 0 ? '' : `; ${unable} cannot take this request (${needWords(lacks, needs)})`;
  why.push(`auto: ${choiceWords(chosen, able, passed, measures)}${cannot}`);
  return chosen.map(({ entry }) => entry.candidate);
}

/**
 * The candidates of one name in the order a `sort` asks for. Metrics nobody knows are named in `why` and skipped; among
 * equals, and with no metric left, the order stays as it is.
 */
export function sortCandidates(
  candidates: readonly Candidate[],
  sort: readonly SortBy[],
  needs: Needs,
  facts: Pick<AutoFacts, 'metrics'>,
  live: Live,
  why: string[],
): readonly Candidate[] {
  const measures = measuresOf(sort, facts.metrics, needs, live, why);
  if (measures.length === 0 || candidates.length < 2) return candidates;
  const ranked = candidates.map((candidate) =>
    unranked(poolEntry(candidate, facts.metrics), false),
  );
  // Among equals the order stays: it was best first.
  ranked.sort((a, b) => byMeasures(a, b, measures));
  why.push(sortWords(ranked, measures));
  return ranked.map(({ entry }) => entry.candidate);
}

/** Names that mean nobody are left out and said so. A model that is named counts whether or not it is listed. */
function poolOf(
  names: AutoAsked['models'],
  { pool, metrics, resolve }: AutoFacts,
  why: string[],
): readonly PoolEntry[] {
  if (names === undefined || names.length === 0) return pool.entries;
  const found = new Map<string, PoolEntry>();
  for (const name of names) {
    const whole = pool.byProvider.get(name.endsWith('/*') ? name.slice(0, -2) : name);
    if (whole !== undefined) {
      for (const entry of whole) found.set(entry.candidate.id, entry);
      continue;
    }
    try {
      for (const candidate of resolve(name)) {
        const { id } = candidate;
        if (!found.has(id)) found.set(id, pool.byId.get(id) ?? poolEntry(candidate, metrics));
      }
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      why.push(`left out "${name}" (${thrown.code})`);
    }
  }
  return [...found.values()];
}

interface Left {
  readonly pool: number;
  /** What those that cannot are without, all together. */
  readonly lacks: number;
  readonly unable: number;
  readonly ignored: number;
  readonly forbidden: number;
}

function whoCan(
  pool: readonly PoolEntry[],
  { ignore, allows, needs }: AutoAsked,
): Omit<Left, 'pool'> & { readonly able: Ranked[] } {
  const ignores = ignore === undefined || ignore.length === 0 ? null : new Set(ignore);
  const bits = needBits(needs);
  const able: Ranked[] = [];
  let lacks = 0;
  let unable = 0;
  let ignored = 0;
  let forbidden = 0;
  for (const entry of pool) {
    const { candidate } = entry;
    if (ignores !== null && isIgnored(candidate, ignores)) ignored += 1;
    else if (!allows(candidate.id)) forbidden += 1;
    else {
      const lack = lackOf(entry.able, needs, bits);
      if (lack === 0) able.push(unranked(entry, isDoubtful(entry.able, needs, bits)));
      else {
        unable += 1;
        lacks |= lack;
      }
    }
  }
  return { able, lacks, unable, ignored, forbidden };
}

function isIgnored({ id, model, configured }: Candidate, ignored: ReadonlySet<string>): boolean {
  return ignored.has(id) || ignored.has(configured.provider.id) || ignored.has(model);
}

/** The first few that are well; only where there are fewer, those that are ill after them. */
function wellFirst(
  sorted: readonly Ranked[],
  { health }: Live,
  why: string[],
): { readonly chosen: readonly Ranked[]; readonly passed: number } {
  if (health === undefined) return { chosen: sorted.slice(0, MAX_CANDIDATES), passed: 0 };
  const byRank: [Ranked[], Ranked[], Ranked[]] = [[], [], []];
  const ill: string[] = [];
  for (const ranked of sorted) {
    const standing = bestStanding(ranked.entry.candidate, health);
    const rank = rankOf(standing);
    byRank[rank].push(ranked);
    if (rank > 0 && ill.length < MAX_CANDIDATES)
      ill.push(`${ranked.entry.candidate.id} (${wordsFor(standing)})`);
    if (byRank[0].length === MAX_CANDIDATES) break;
  }
  const [well, degraded, shut] = byRank;
  const chosen = [...well, ...degraded, ...shut].slice(0, MAX_CANDIDATES);
  const passed = chosen[0] === undefined ? 0 : sorted.indexOf(chosen[0]);
  if (ill.length > 0) why.push(`for "auto" these go last for now: ${ill.join(', ')}`);
  return { chosen, passed };
}

function nobody(left: Left, { needs, models }: AutoAsked): GatewayError {
  return new GatewayError('no_candidate', `"auto" has no model for this request: ${reason()}.`, {
    param: 'model',
  });

  function reason(): string {
    if (left.pool === 0)
      return models !== undefined && models.length > 0
        ? 'none of those named in "models" can be used here'
        : 'no provider with chat models is configured';
    if (left.unable > 0) return unableWords(left, needs);
    if (left.forbidden > 0)
      return left.ignored > 0
        ? 'this key may not use what "ignore" leaves'
        : `this key may use none of the ${left.pool} models it chooses among: name one the key may use in "models", or ask the operator to allow some`;
    return '"ignore" leaves nobody';
  }
}
