// What a vendor says it billed: single lines as its exports hold them, and their sums by day and model.
import { addCounts, addKnown, type Counts } from './counts.ts';
import { add, type Decimal, toNano } from './decimal.ts';

/** Whose exports can be read. */
export type Vendor = 'openai' | 'anthropic';
export const VENDORS: readonly Vendor[] = ['openai', 'anthropic'];

/** Of all models together: cost exports that are not grouped tell no more. */
export const ALL_MODELS = '*';

/** Which of a vendor's accounts of itself a figure is from: `costs`, or `usage.` and the kind of call. A newer one replaces an older one of the same name. */
export type Statement = 'costs' | `usage.${string}`;

/** One line of an export: of a time bucket, by model and often by key. */
export interface BillLine {
  readonly day: string;
  readonly statement: Statement;
  /** The vendor's name of the model; where something is billed apart from models, what it is called. */
  readonly model: string;
  readonly apiKey: string | null;
  /** `batch`, `flex`, `priority`, `fast`, …; null where it is the ordinary one or not told. */
  readonly tier: string | null;
  readonly counts: Counts;
  /** In the export's unit (`BillText.unit`). */
  readonly cost: Decimal | null;
  /** `line 12`, `data[0].results[3]`. */
  readonly place: string;
}

export interface BillProblem {
  readonly place: string;
  readonly message: string;
}

/** An export, read. */
export interface BillText {
  readonly vendor: Vendor;
  /** In words: `OpenAI usage, CSV`. */
  readonly format: string;
  readonly statements: readonly Statement[];
  /** Power of ten of one unit of its amounts in billionths of a dollar. */
  readonly unit: number;
  readonly lines: readonly BillLine[];
  /** Every day it tells of, those on which nothing was billed included. */
  readonly days: readonly string[];
  readonly problems: readonly BillProblem[];
}

/** What came from one key at one tier. */
export interface BilledPart {
  readonly apiKey: string | null;
  readonly tier: string | null;
  readonly counts: Counts;
  readonly costNano: number | null;
}

/** A vendor's figures of one model on one day (UTC), by one statement. */
export interface BilledDay {
  readonly provider: Vendor;
  readonly day: string;
  readonly statement: Statement;
  readonly model: string;
  readonly counts: Counts;
  readonly costNano: number | null;
  readonly parts: readonly BilledPart[];
  /** Of the first of its lines. */
  readonly place: string;
}

/** The sums; amounts are rounded here, once each. */
export function billedDays({ vendor, lines, unit }: BillText): readonly BilledDay[] {
  const groups = new Map<string, BillLine[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.day, line.statement, line.model]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { day, statement, model, place } = first;
    const { counts, costNano } = sumOf(group, unit);
    const parts = partsOf(group, unit);
    return [{ provider: vendor, day, statement, model, counts, costNano, parts, place }];
  });
}

function partsOf(lines: readonly BillLine[], unit: number): readonly BilledPart[] {
  const groups = Map.groupBy(lines, ({ apiKey, tier }) => JSON.stringify([apiKey, tier]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ apiKey: first.apiKey, tier: first.tier, ...sumOf(group, unit) }];
  });
}

function sumOf(lines: readonly BillLine[], unit: number) {
  const [first, ...rest] = lines;
  const counts = rest.reduce((sum, line) => addCounts(sum, line.counts), first?.counts as Counts);
  const cost = lines.reduce<Decimal | null>((sum, line) => {
    if (line.cost === null) return sum;
    return sum === null ? line.cost : add(sum, line.cost);
  }, null);
  return { counts, costNano: cost === null ? null : toNano(cost, unit) };
}

/** The parts of several statements, key by key and tier by tier. */
export function joinParts(days: readonly BilledDay[]): readonly BilledPart[] {
  const joined = new Map<string, BilledPart>();
  for (const part of days.flatMap((day) => day.parts)) {
    const key = JSON.stringify([part.apiKey, part.tier]);
    const there = joined.get(key);
    joined.set(
      key,
      there === undefined
        ? part
        : {
            ...part,
            counts: addCounts(there.counts, part.counts),
            costNano: addKnown(there.costNano, part.costNano),
          },
    );
  }
  return [...joined.values()];
}
