// Why the log and a bill differ, as far as either tells.
import type { BilledPart, Statement } from './billed.ts';
import { type Compared, isCostOff, isOff } from './compared.ts';
import type { Line, Reason, Verdict } from './comparison.ts';
import { addCounts, COUNT_NAMES, type CountName, type Counts } from './counts.ts';
import type { OurDay } from './ours.ts';

export interface Differing {
  readonly verdict: Verdict;
  readonly ours: readonly OurDay[];
  readonly counts: Line['counts'];
  readonly cost: Compared;
  readonly parts: readonly BilledPart[];
  readonly names: Line['names'];
  /** Those that tell of the day at all. */
  readonly told: readonly Statement[];
  readonly tolerance: number;
}

export function reasonsFor(line: Differing): readonly Reason[] {
  if (line.verdict === 'match') return [];
  return [
    ...ofOurRows(line.ours),
    ...tierReason(line.parts),
    ...keyReason(line),
    ...priceReason(line),
    ...nameReason(line),
    ...kindReason(line),
  ];
}

function ofOurRows(ours: readonly OurDay[]): Reason[] {
  const total = (name: 'estimated' | 'unpriced' | 'aborted') =>
    ours.reduce((sum, day) => sum + day[name], 0);
  const [estimated, unpriced, aborted] = [total('estimated'), total('unpriced'), total('aborted')];
  const reasons: Reason[] = [];
  if (estimated > 0)
    reasons.push({
      code: 'estimated',
      message: `${attempts(estimated)} of the log with counts that are our estimates: the provider reported none`,
    });
  if (aborted > 0)
    reasons.push({
      code: 'aborted',
      message: `${attempts(aborted)} of the log cut short: what is billed for such an answer, only the bill knows`,
    });
  if (unpriced > 0)
    reasons.push({
      code: 'unpriced',
      message: `${attempts(unpriced)} of the log without a known price, so not in its cost`,
    });
  return reasons;
}

function attempts(count: number): string {
  return count === 1 ? '1 attempt' : `${count} attempts`;
}

function tierReason(parts: readonly BilledPart[]): Reason[] {
  const tiers = [...new Set(parts.map(({ tier }) => tier).filter((tier) => tier !== null))];
  if (tiers.length === 0) return [];
  const message = `part of the bill is at another tier than the ordinary one: ${tiers.join(', ')}`;
  return [{ code: 'tier', message }];
}

/** A bill is of an account; the gateway is seldom all that uses it. */
function keyReason({ counts, parts, tolerance, verdict }: Differing): Reason[] {
  const byKey = new Map<string, Counts>();
  for (const part of parts) {
    if (part.apiKey === null) continue;
    const there = byKey.get(part.apiKey);
    byKey.set(part.apiKey, there === undefined ? part.counts : addCounts(there, part.counts));
  }
  const keys = [...byKey.keys()];
  if (verdict === 'only_bill')
    return keys.length === 0
      ? []
      : [{ code: 'other_keys', message: `billed to ${list(keys)}, and none of it is in the log` }];
  if (keys.length < 2) return [];
  const log: Counts = Object.fromEntries(
    COUNT_NAMES.map((name) => [name, counts[name].log]),
  ) as unknown as Counts;
  const own = keys.find((key) => isSame(log, byKey.get(key), tolerance));
  const others = keys.filter((key) => key !== own);
  if (own !== undefined)
    return [
      {
        code: 'other_keys',
        message: `what is billed to ${own} alone is what the log has; that of ${list(others)} did not come through the gateway`,
      },
    ];
  const message = `the bill is of ${list(keys)}: what did not come through the gateway is not in its log`;
  return [{ code: 'several_keys', message }];
}

function isSame(log: Counts, bill: Counts | undefined, tolerance: number): boolean {
  if (bill === undefined || COUNT_NAMES.every((name) => bill[name] === null)) return false;
  return COUNT_NAMES.every((name) => {
    const [ours, theirs] = [log[name], bill[name]];
    if (theirs === null) return true;
    const difference = ours === null ? null : ours - theirs;
    return !isOff({ log: ours, bill: theirs, difference, percent: null }, tolerance);
  });
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 5).join(', ');
  const word = keys.length === 1 ? 'the key' : 'the keys';
  return keys.length > 5 ? `${word} ${shown} and ${keys.length - 5} more` : `${word} ${shown}`;
}

function priceReason({ counts, cost, tolerance }: Differing): Reason[] {
  const told = COUNT_NAMES.filter((name) => counts[name].bill !== null);
  if (told.length === 0 || told.some((name) => isOff(counts[name], tolerance))) return [];
  if (!isCostOff(cost, tolerance)) return [];
  const message =
    'everything counted agrees and the cost does not: the price the log reckons with is not the one that is billed';
  return [{ code: 'price', message }];
}

function nameReason({ names }: Differing): Reason[] {
  if (names.bill.length < 2 && names.log.length < 2) return [];
  const all = [...new Set([...names.log, ...names.bill])].join(', ');
  const message = `compared together, since an undated name may stand for a dated one: ${all}`;
  return [{ code: 'names', message }];
}

function kindReason({ verdict, told }: Differing): Reason[] {
  if (verdict !== 'only_log' || told.includes('costs')) return [];
  const message = `imported are ${told.join(', ')}; a model of another kind stands in another export`;
  return [{ code: 'export_missing', message }];
}

/** A request that began before midnight may be billed on the day on which it ended. */
export function withMidnights(lines: readonly Line[]): readonly Line[] {
  const across = new Set<Line>();
  const byNames = Map.groupBy(lines, ({ names }) => JSON.stringify(names));
  for (const group of byNames.values())
    for (const [at, line] of group.entries()) {
      const next = group[at + 1];
      if (next !== undefined && isNextDay(line, next) && cancelOut(line, next)) {
        across.add(line);
        across.add(next);
      }
    }
  const message =
    'over this day and the one beside it both sides agree: requests around midnight (UTC) stand on different days';
  return lines.map((line) =>
    across.has(line)
      ? { ...line, reasons: [...line.reasons, { code: 'midnight', message }] }
      : line,
  );
}

function isNextDay(line: Line, next: Line): boolean {
  return Date.parse(next.day) - Date.parse(line.day) === 86_400_000;
}

function cancelOut(line: Line, next: Line): boolean {
  if (line.verdict !== 'drift' || next.verdict !== 'drift') return false;
  const difference = (of: Line, name: CountName) => of.counts[name].difference ?? 0;
  return (
    COUNT_NAMES.every((name) => difference(line, name) + difference(next, name) === 0) &&
    COUNT_NAMES.some((name) => difference(line, name) !== 0)
  );
}
