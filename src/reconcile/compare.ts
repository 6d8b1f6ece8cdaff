// Compares the log's days with a vendor's, model by model. Pure.

import type { BilledCoverage } from './bill-store.ts';
import { ALL_MODELS, type BilledDay, joinParts, type Statement, type Vendor } from './billed.ts';
import { type Compared, compared, isCostOff, isOff } from './compared.ts';
import type { Comparison, Line, Verdict } from './comparison.ts';
import { addCounts, addKnown, COUNT_NAMES, type Counts, NO_COUNTS } from './counts.ts';
import { DAY_MS } from './line-reader.ts';
import { groupModels, type ReadModelName } from './match-models.ts';
import type { OurDay } from './ours.ts';
import { reasonsFor, withMidnights } from './reasons.ts';

export interface Sides {
  readonly provider: Vendor;
  readonly days: readonly string[];
  readonly ours: readonly OurDay[];
  readonly bill: readonly BilledDay[];
  readonly coverage: readonly BilledCoverage[];
  /** Percent. */
  readonly tolerance: number;
  readonly readName: ReadModelName;
}

/**
 * How long after a day its figures may still change. Anthropic: they "typically appear within 5 minutes", delays may be
 * longer (docs.anthropic.com/en/api/usage-cost-api). OpenAI: "the data may be delayed", without a figure
 * (help.openai.com/en/articles/8554956).
 */
const SETTLED_AFTER_MS: { readonly [Name in Vendor]: number } = {
  openai: DAY_MS,
  anthropic: 3_600_000,
};

/** The day a line is of, and what is told of it. */
interface Day {
  readonly sides: Sides;
  readonly day: string;
  readonly told: readonly Statement[];
  readonly settled: boolean;
}

interface Pairing {
  readonly model: string;
  readonly ours: readonly OurDay[];
  readonly bill: readonly BilledDay[];
  /** Only the money can be compared. */
  readonly costOnly: boolean;
}

export function compareDays(sides: Sides): Comparison {
  const told = new Map(sides.days.map((day) => [day, sides.coverage.filter((c) => c.day === day)]));
  const lines = sides.days.flatMap((day) => {
    const coverage = told.get(day) ?? [];
    if (coverage.length === 0) return [];
    const settledAt = Date.parse(day) + DAY_MS + SETTLED_AFTER_MS[sides.provider];
    const settled = coverage.every(({ asOf }) => asOf >= settledAt);
    return linesOf({ sides, day, told: coverage.map(({ statement }) => statement), settled });
  });
  const sum = (side: 'log' | 'bill') =>
    lines.reduce<number | null>(
      (total, line) => (line.model === ALL_MODELS ? total : addKnown(total, line.cost[side])),
      null,
    );
  return {
    lines: withMidnights(lines),
    unbilledDays: sides.days.filter((day) => (told.get(day) ?? []).length === 0),
    cost: compared(sum('log'), sum('bill')),
  };
}

function linesOf(day: Day): readonly Line[] {
  const ours = day.sides.ours.filter((row) => row.day === day.day);
  const bill = day.sides.bill.filter((row) => row.day === day.day);
  const ofModels = bill.filter(({ model }) => model !== ALL_MODELS);
  const ofAll = bill.filter(({ model }) => model === ALL_MODELS);
  // A day whose only bill is a sum says nothing of any one model.
  const onlySum = ofAll.length > 0 && day.told.length === 1 && ofModels.length === 0;
  const groups = onlySum
    ? []
    : groupModels(
        unique(ours.map(({ model }) => bare(model))),
        unique(ofModels.map(({ model }) => model)),
        day.sides.readName,
      );
  const pairings: Pairing[] = groups.map(({ log, bill: names }) => ({
    model: names[0] ?? log[0] ?? '',
    ours: ours.filter(({ model }) => log.includes(bare(model))),
    bill: ofModels.filter(({ model }) => names.includes(model)),
    costOnly: false,
  }));
  if (ofAll.length > 0) pairings.push({ model: ALL_MODELS, ours, bill: ofAll, costOnly: true });
  return pairings.map((pairing) => lineOf(day, pairing)).filter((line) => !isNothing(line));
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** `gpt-4o` of `openai/gpt-4o`. */
function bare(model: string): string {
  return model.slice(model.indexOf('/') + 1);
}

function lineOf(day: Day, { model, ours, bill, costOnly }: Pairing): Line {
  const { provider, tolerance } = day.sides;
  const log = costOnly ? NO_COUNTS : sumOfOurs(ours);
  const theirs = countsOf(bill);
  const counts = Object.fromEntries(
    COUNT_NAMES.map((name) => [name, compared(log[name], theirs[name])]),
  ) as unknown as Line['counts'];
  const cost = compared(
    costOfOurs(ours),
    bill.reduce<number | null>((sum, b) => addKnown(sum, b.costNano), null),
  );
  const names = {
    log: unique(ours.map((row) => row.model)),
    bill: unique(bill.map((row) => row.model)),
  };
  const verdict = verdictOf(day, names, counts, cost);
  const parts = joinParts(bill);
  const { told } = day;
  const reasons = reasonsFor({ verdict, ours, counts, cost, parts, names, told, tolerance });
  const statements = [...new Set(bill.map(({ statement }) => statement))];
  return {
    day: day.day,
    provider,
    model,
    names,
    verdict,
    counts,
    cost,
    reasons,
    statements,
    parts,
  };
}

function verdictOf(
  { settled, sides: { tolerance } }: Day,
  names: Line['names'],
  counts: Line['counts'],
  cost: Compared,
): Verdict {
  if (!settled) return 'incomplete';
  if (names.log.length === 0) return 'only_bill';
  if (names.bill.length === 0) return 'only_log';
  const off = COUNT_NAMES.some((name) => isOff(counts[name], tolerance));
  return off || isCostOff(cost, tolerance) ? 'drift' : 'match';
}

function sumOfOurs(ours: readonly OurDay[]): Counts {
  return ours.reduce((sum, row) => addCounts(sum, row.counts), NO_COUNTS);
}

/** Null where nothing of it has a price. */
function costOfOurs(ours: readonly OurDay[]): number | null {
  if (ours.length === 0) return null;
  const cost = ours.reduce((sum, row) => sum + row.costNano, 0);
  return cost === 0 && ours.some(({ unpriced }) => unpriced > 0) ? null : cost;
}

/** Several statements may count the same requests of a model (pictures, and their tokens); everything else adds up. */
function countsOf(bill: readonly BilledDay[]): Counts {
  const models = Map.groupBy(bill, ({ model }) => model);
  return [...models.values()]
    .map((rows) => {
      const sum = rows.reduce((total, row) => addCounts(total, row.counts), NO_COUNTS);
      const requests = rows.flatMap((row) => row.counts.requests ?? []);
      return { ...sum, requests: requests.length === 0 ? null : Math.max(...requests) };
    })
    .reduce(addCounts, NO_COUNTS);
}

function isNothing({ counts, cost }: Line): boolean {
  const figures = [cost, ...COUNT_NAMES.map((name) => counts[name])];
  return figures.every(({ log, bill }) => (log ?? 0) === 0 && (bill ?? 0) === 0);
}
