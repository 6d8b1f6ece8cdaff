// A comparison and imports as the API and the command line tell them.
import type { JsonObject } from '../lib/json.ts';
import type { BillImport } from './bill-store.ts';
import type { Compared } from './compared.ts';
import type { Comparison, Line } from './comparison.ts';
import { COUNT_NAMES } from './counts.ts';
import { DAY_MS } from './line-reader.ts';

export function shownComparison(comparison: Comparison): JsonObject {
  const { lines, unbilledDays, cost } = comparison;
  const counted: { [verdict: string]: number } = {};
  for (const { verdict } of lines) counted[verdict] = (counted[verdict] ?? 0) + 1;
  return {
    lines: lines.map(shownLine),
    summary: { ...counted, cost_usd: shownMoney(cost) },
    unbilled_days: unbilledDays,
  };
}

function shownLine(line: Line): JsonObject {
  const counts: { [name: string]: JsonObject } = {};
  for (const name of COUNT_NAMES) {
    const { log, bill } = line.counts[name];
    if ((log ?? 0) !== 0 || bill !== null) counts[name] = shownCount(line.counts[name]);
  }
  const { day, provider, model, verdict, names } = line;
  return {
    ...{ day, provider, model, verdict },
    names: { log: names.log, bill: names.bill },
    counts,
    cost_usd: shownMoney(line.cost),
    why: line.reasons.map(({ code, message }) => ({ code, message })),
    bill_from: line.statements,
    logs: logsOf(line),
  };
}

/** Where the rows behind a line are: one address for each name the log has. */
function logsOf({ day, names }: Line): readonly string[] {
  const next = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
  return names.log.map(
    (model) => `/router/v1/logs?${new URLSearchParams({ from: day, to: next, tried: model })}`,
  );
}

function shownCount({ log, bill, difference, percent }: Compared): JsonObject {
  return { log, bill, difference, percent: rounded(percent) };
}

function shownMoney({ log, bill, difference, percent }: Compared): JsonObject {
  const usd = (nano: number | null) => (nano === null ? null : nano / 1e9);
  return { log: usd(log), bill: usd(bill), difference: usd(difference), percent: rounded(percent) };
}

function rounded(percent: number | null): number | null {
  return percent === null ? null : Math.round(percent * 1000) / 1000;
}

export function shownImport(kept: BillImport): JsonObject {
  return {
    id: kept.id,
    provider: kept.provider,
    format: kept.format,
    name: kept.name,
    statements: kept.statements,
    from: kept.firstDay,
    to: kept.lastDay,
    figures: kept.figures,
    cost_usd: kept.costNano === null ? null : kept.costNano / 1e9,
    imported_at: new Date(kept.importedAt).toISOString(),
  };
}
