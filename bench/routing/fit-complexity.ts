// fitComplexity: ridge regression of what the stronger model gains on a question, over its signs and terms. Deterministic.

export interface Example {
  readonly signs: readonly number[];
  readonly terms: ReadonlySet<number>;
  /** What the stronger model scores more than the weaker one. */
  readonly gain: number;
}

export interface FittedModel {
  readonly intercept: number;
  /** Signs are clamped to what was seen, then standardised. */
  readonly signs: readonly {
    readonly low: number;
    readonly high: number;
    readonly mean: number;
    readonly deviation: number;
    readonly weight: number;
  }[];
  /** By term. */
  readonly terms: ReadonlyMap<number, number>;
}

export interface FitOptions {
  /** Terms of fewer examples are left out. */
  readonly leastExamples: number;
  readonly termPenalty: number;
  readonly signPenalty: number;
}

const USUAL: FitOptions = { leastExamples: 3, termPenalty: 60, signPenalty: 30 };
const MOST_STEPS = 100;
const PRECISION = 1e-8;

export function fitComplexity(
  examples: readonly Example[],
  options: FitOptions = USUAL,
): FittedModel {
  const columns = commonTerms(examples, options.leastExamples);
  const scales = scalesOf(examples);
  const rows = examples.map((example) => rowOf(example, columns, scales));
  const targets = Float64Array.from(examples, ({ gain }) => gain);
  const first = columns.size;
  const penalties = new Float64Array(first + scales.length + 1);
  penalties.fill(options.termPenalty, 0, first);
  penalties.fill(options.signPenalty, first, first + scales.length);
  const weights = solve(rows, targets, penalties);
  return {
    intercept: weights.at(-1) ?? 0,
    signs: scales.map((scale, at) => ({ ...scale, weight: weights[first + at] ?? 0 })),
    terms: new Map([...columns].map(([term, column]) => [term, weights[column] ?? 0])),
  };
}

interface Row {
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

type Scale = Omit<FittedModel['signs'][number], 'weight'>;

function commonTerms(examples: readonly Example[], least: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { terms } of examples)
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const columns = new Map<number, number>();
  for (const [term, count] of counts) if (count >= least) columns.set(term, columns.size);
  return columns;
}

function scalesOf(examples: readonly Example[]): Scale[] {
  const width = examples[0]?.signs.length ?? 0;
  return Array.from({ length: width }, (_, at) => {
    const sorted = examples.map(({ signs }) => signs[at] ?? 0).sort((a, b) => a - b);
    const low = sorted[Math.floor(sorted.length * 0.005)] ?? 0;
    const high = sorted[Math.floor(sorted.length * 0.995)] ?? 0;
    const clamped = sorted.map((value) => Math.min(high, Math.max(low, value)));
    const mean = clamped.reduce((sum, value) => sum + value, 0) / clamped.length;
    const variance = clamped.reduce((sum, value) => sum + (value - mean) ** 2, 0) / clamped.length;
    return { low, high, mean, deviation: Math.sqrt(variance) || 1 };
  });
}

function rowOf({ signs, terms }: Example, columnOf: Map<number, number>, scales: Scale[]): Row {
  const columns: number[] = [];
  const values: number[] = [];
  // Terms that nobody knows count in the length: a text of which little is known is scored near the mean.
  const share = 1 / Math.sqrt(terms.size || 1);
  for (const term of terms) {
    const column = columnOf.get(term);
    if (column === undefined) continue;
    columns.push(column);
    values.push(share);
  }
  scales.forEach(({ low, high, mean, deviation }, at) => {
    columns.push(columnOf.size + at);
    values.push((Math.min(high, Math.max(low, signs[at] ?? 0)) - mean) / deviation);
  });
  columns.push(columnOf.size + scales.length);
  values.push(1);
  return { columns: Int32Array.from(columns), values: Float64Array.from(values) };
}

/** Conjugate gradients on the normal equations. */
function solve(rows: readonly Row[], targets: Float64Array, penalties: Float64Array): Float64Array {
  const size = penalties.length;
  const solution = new Float64Array(size);
  const residual = new Float64Array(size);
  for (const [at, row] of rows.entries()) add(row, targets[at] ?? 0, residual);
  const direction = residual.slice();
  let square = dot(residual, residual);
  const enough = square * PRECISION;
  for (let step = 0; step < MOST_STEPS && square > enough; step++) {
    const image = direction.map((value, at) => value * (penalties[at] ?? 0));
    for (const row of rows) add(row, along(row, direction), image);
    const stride = square / dot(direction, image);
    for (let at = 0; at < size; at++) {
      solution[at] = (solution[at] ?? 0) + stride * (direction[at] ?? 0);
      residual[at] = (residual[at] ?? 0) - stride * (image[at] ?? 0);
    }
    const next = dot(residual, residual);
    for (let at = 0; at < size; at++)
      direction[at] = (residual[at] ?? 0) + (next / square) * (direction[at] ?? 0);
    square = next;
  }
  return solution;
}

function add({ columns, values }: Row, factor: number, into: Float64Array): void {
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at] ?? 0;
    into[column] = (into[column] ?? 0) + factor * (values[at] ?? 0);
  }
}

function along({ columns, values }: Row, vector: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < columns.length; at++)
    sum += (values[at] ?? 0) * (vector[columns[at] ?? 0] ?? 0);
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
