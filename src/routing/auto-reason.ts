// The reason for a choice, in one sentence: what the first is best at, who is next, and by how much.
import type { Measure } from './auto-measure.ts';
import { type Needs, needWords } from './auto-needs.ts';
import { decidedBy, type Ranked } from './auto-order.ts';
import { NEAR, SHORTFALL } from './near-the-best.ts';

/**
 * @param able all that could take the request
 * @param passed how many of them were before the first and are left for last
 */
export function choiceWords(
  [first, next]: readonly Ranked[],
  able: readonly Ranked[],
  passed: number,
  measures: readonly Measure[],
): string {
  if (first === undefined) return 'nobody';
  if (next === undefined) return `${idOf(first)} is the only model that can take this request`;
  const [primary, ...others] = measures;
  if (primary?.metric === SHORTFALL) {
    const near = able.filter(({ entry }) => primary.rank(primary.value(entry)) === 0).length;
    if (near > passed) return nearWords(first, next, near - passed, measures);
    return `${superlative(first, able.length - passed, others[1])} (${against(first, next, others.toReversed())})`;
  }
  return `${superlative(first, able.length - passed, primary)} (${against(first, next, measures)})`;
}

/** Of an order that was asked for, behind one name. */
export function sortWords([first, next]: readonly Ranked[], measures: readonly Measure[]): string {
  const by = measures.map(({ metric }) => metric).join(', ');
  if (first === undefined || next === undefined) return `sorted by ${by}`;
  return `sorted by ${by}: ${idOf(first)} (${against(first, next, measures)})`;
}

/** Why nobody is left where models lack what is needed. */
export function unableWords(
  {
    pool,
    unable,
    lacks,
  }: { readonly pool: number; readonly unable: number; readonly lacks: number },
  needs: Needs,
): string {
  const all =
    unable === pool ? `none of ${pool} models` : `none of the ${unable} models left of ${pool}`;
  return `${all} can take it (what they lack: ${needWords(lacks, needs)}). Ask for less, or configure a provider whose models can; GET /v1/models lists what each is able to do`;
}

function superlative(first: Ranked, count: number, measure: Measure | undefined): string {
  if (measure === undefined) return `${idOf(first)} is first of ${models(count)}`;
  const { ascending, noun, value } = measure;
  if (Number.isNaN(value(first.entry)))
    return `${idOf(first)} is first of ${models(count)}, of none of which the ${noun} is known`;
  return `${idOf(first)} has the ${ascending ? 'lowest' : 'highest'} ${noun} of ${models(count)}`;
}

/** Without a sort: how dear the first is, and that it is good enough. */
function nearWords(
  first: Ranked,
  next: Ranked,
  count: number,
  [shortfall, price, intelligence]: readonly Measure[],
): string {
  if (shortfall === undefined || price === undefined || intelligence === undefined) return '';
  const level = told(intelligence, first);
  const share = `${Math.round(NEAR * 100)} %`;
  const beside =
    decidedBy(first.entry, next.entry, [shortfall]) === -1
      ? against(first, next, [price, intelligence])
      : against(first, next, [intelligence]);
  return `${idOf(first)} is the cheapest of ${models(count)} within ${share} of the best intelligence (its own: ${level}; ${beside})`;
}

/** `$0.0003 a request; next 'x/y' $0.0004, 33 % more`. */
function against(first: Ranked, next: Ranked, measures: readonly Measure[]): string {
  const primary = measures[0];
  if (primary === undefined) return `next ${idOf(next)}`;
  const own = told(primary, first);
  const other = idOf(next);
  if (next.doubtful && !first.doubtful)
    return `${own}; next ${other} ${told(primary, next)}, of which it is not known whether it can take this request`;
  const place = decidedBy(first.entry, next.entry, measures);
  const measure = measures[place];
  if (measure === undefined) return `${own}; next ${other} is equal, its id decides`;
  const tie = place === 0 ? '' : `; next ${other} is equal in that, ${measure.noun} decides`;
  const beside = `${told(measure, next)}${difference(measure, first, next)}`;
  return place === 0
    ? `${own}; next ${other} ${beside}`
    : `${own}${tie}: ${told(measure, first)} against ${beside}`;
}

function told(measure: Measure, { entry }: Ranked): string {
  const value = measure.value(entry);
  if (Number.isNaN(value)) return `${measure.noun} not known`;
  return measure.metric === 'price' ? `${measure.words(value)} a request` : measure.words(value);
}

/** `, 35 % more`; nothing where there is nothing to compare with. */
function difference({ value }: Measure, first: Ranked, next: Ranked): string {
  const from = value(first.entry);
  const to = value(next.entry);
  if (Number.isNaN(from) || Number.isNaN(to) || from === 0) return '';
  const percent = (Math.abs(to - from) / Math.abs(from)) * 100;
  const words = percent < 1 ? 'under 1' : Math.round(percent).toString();
  return `, ${words} % ${to > from ? 'more' : 'less'}`;
}

function models(count: number): string {
  return count === 1 ? '1 model' : `${count} models`;
}

function idOf({ entry }: Ranked): string {
  return `'${entry.candidate.id}'`;
}
