// The benchmark's figures as text: a table a scenario, what must be shown, and how it compares with the baseline.
import type { Figures, MemoryFigures, ScenarioResult, Spread } from './measure.ts';

export interface Report {
  readonly machine: string;
  readonly at: string;
  readonly quick: boolean;
  readonly results: readonly ScenarioResult[];
  readonly memory: MemoryFigures | null;
  /** Resident memory of the gateway when everything was over, in MB. */
  readonly finalRssMb: number | null;
}

/** The table of one scenario. The spread of the rounds stands in parentheses. */
export function scenarioTable({ scenario, figures }: ScenarioResult): string {
  const isStream = scenario.tokens !== null;
  const minimal = figures.find((one) => one.target === 'minimal proxy');
  const header = [
    '',
    isStream ? 'events/s' : 'req/s',
    `CPU µs/${isStream ? 'event' : 'request'}`,
    isStream ? 'TTFT p50 ms' : 'p50 ms',
    isStream ? 'TTFT p99 ms' : 'p99 ms',
    'added p50 ms',
    'added p99 ms',
    'CPU ÷ minimal',
    isStream ? '' : 'req/s ÷ direct',
  ];
  const rows = figures.map((one) => [
    one.target,
    whole(one.perSecond),
    // What the simulated provider itself costs is of no interest.
    one.addedP50Ms === null ? '' : decimal(one.cpuUs, 1),
    decimal(one.p50Ms, 2),
    decimal(one.p99Ms, 2),
    decimal(one.addedP50Ms, 2),
    decimal(one.addedP99Ms, 2),
    one.addedP50Ms === null ? '' : ratio(one.cpuUs, minimal?.cpuUs ?? null),
    isStream ? '' : ratio(one.perSecond, figures[0]?.perSecond ?? null),
  ]);
  const failures = figures.filter((one) => one.failures > 0);
  const warnings = failures.map(
    (one) => `  !! ${one.target}: ${one.failures} failed replies (${one.firstFailure})`,
  );
  return [scenario.title, ...aligned([header, ...rows]), ...warnings].join('\n');
}

export function memoryLines(memory: MemoryFigures | null, finalRssMb: number | null): string {
  if (memory === null) return 'Memory: not readable on this system';
  const { requests, rssMb, highestMb, slopeMb, failures } = memory;
  const failed = failures === 0 ? '' : ` (!! ${failures} failed)`;
  return [
    `Memory of the gateway after ${requests.toLocaleString('en')} whole replies${failed}`,
    `  ${rssMb.toFixed(0)} MB resident, ${highestMb.toFixed(0)} MB at its highest, ${slopeMb >= 0 ? '+' : ''}${slopeMb.toFixed(1)} MB per 100,000 over the last half; ${finalRssMb?.toFixed(0) ?? '?'} MB at the end of this run`,
  ].join('\n');
}

/** The figures that are promised, each with what was measured. They inform; nothing fails on them. */
export function promises(report: Report): string {
  const figure = (id: string, target: string): Figures | undefined =>
    report.results
      .find((result) => result.scenario.id === id)
      ?.figures.find((one) => one.target === target);
  const rows = [
    promise('CPU per whole reply, 64 callers', figure('whole-64', 'gateway')?.cpuUs, 45, 'µs'),
    promise('CPU per passed event, 400 streams', figure('streams-400', 'gateway')?.cpuUs, 10, 'µs'),
    promise('added TTFT p99, 400 streams', figure('streams-400', 'gateway')?.addedP99Ms, 2, 'ms'),
    promise(
      `memory after ${report.memory?.requests.toLocaleString('en') ?? '?'} requests`,
      one(report.memory?.rssMb),
      150,
      'MB',
    ),
  ];
  return ['What must be shown', ...aligned(rows)].join('\n');
}

function promise(
  what: string,
  measured: Spread | null | undefined,
  limit: number,
  unit: string,
): string[] {
  if (!measured) return [what, 'not measured', `≤ ${limit} ${unit}`, ''];
  const verdict = measured.median <= limit ? 'yes' : 'NO';
  return [what, `${decimal(measured, 1)} ${unit}`, `≤ ${limit} ${unit}`, verdict];
}

function one(value: number | undefined): Spread | null {
  return value === undefined ? null : { median: value, min: value, max: value };
}

/** Against the baseline by what does not change with the machine: the ratio to the minimal proxy of the same run. */
export function comparison(report: Report, baseline: Report): string {
  const lines = report.results.flatMap(({ scenario, figures }) => {
    const before = baseline.results.find((result) => result.scenario.id === scenario.id);
    if (!before) return [];
    return ['gateway', 'translated'].map((target) => {
      const now = relativeCpu(figures, target);
      const then = relativeCpu(before.figures, target);
      if (now === null || then === null) return [scenario.id, target, '?', '', ''];
      const change = ((now / then - 1) * 100).toFixed(0);
      return [
        scenario.id,
        target,
        `${now.toFixed(2)} × minimal`,
        `was ${then.toFixed(2)}`,
        `${Number(change) > 0 ? '+' : ''}${change} %`,
      ];
    });
  });
  return [
    `CPU against the baseline (${baseline.machine}, ${baseline.at.slice(0, 10)})`,
    ...aligned(lines),
  ].join('\n');
}

function relativeCpu(figures: readonly Figures[], target: string): number | null {
  const cpu = (name: string) => figures.find((entry) => entry.target === name)?.cpuUs?.median;
  const measured = cpu(target);
  const minimal = cpu('minimal proxy');
  return measured === undefined || minimal === undefined ? null : measured / minimal;
}

function whole(value: Spread): string {
  const text = (number: number) => Math.round(number).toLocaleString('en');
  return withRange(value, text);
}

function decimal(value: Spread | null, digits: number): string {
  return value === null ? '' : withRange(value, (number) => number.toFixed(digits));
}

function withRange(value: Spread, text: (number: number) => string): string {
  const middle = text(value.median);
  const [low, high] = [text(value.min), text(value.max)];
  return low === high ? middle : `${middle} (${low}–${high})`;
}

function ratio(value: Spread | null, reference: Spread | null): string {
  if (value === null || reference === null) return '';
  return (value.median / reference.median).toFixed(2);
}

/** Columns of equal width, the first to the left and the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  return rows.map((row) =>
    `  ${row
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        return column === 0 ? cell + pad : pad + cell;
      })
      .join('  ')}`.trimEnd(),
  );
}
