// MetricRegistry: counters, gauges and histograms, told in Prometheus' text format 0.0.4.
//
// Who counts often keeps what `of` gave it: from then on counting is an addition.

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What a metric is, without its figures. */
export interface MetricFacts extends MetricNames {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

interface Metric extends MetricFacts {
  tell(lines: string[]): void;
}

export interface MetricNames {
  /** With its unit: seconds, not milliseconds; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Each label's values have to be few: every combination is remembered for good. */
  readonly labels: readonly string[];
}

/** One line of a counter or gauge. */
export interface Value {
  value: number;
}

class Values implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly #values = new Map<string, Value>();

  constructor(type: 'counter' | 'gauge', { name, help, labels }: MetricNames) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.labels = labels;
  }

  /** The one with these values of its labels, in their order; 0 until it is changed. */
  of(...values: readonly string[]): Value {
    const key = labelText(this.labels, values);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = { value: 0 };
    this.#values.set(key, made);
    return made;
  }

  /** Forgets all lines: for gauges that are read anew each time. */
  clear(): void {
    this.#values.clear();
  }

  tell(lines: string[]): void {
    for (const [labels, { value }] of this.#values)
      lines.push(`${this.name}${inBraces(labels)} ${value}`);
  }
}

export type Counter = Pick<Values, 'of'>;
export type Gauge = Pick<Values, 'of' | 'clear'>;

/** What one line-up of buckets has seen. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last is what is above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    // NaN is in no bucket, and would be in the sum for ever.
    if (Number.isNaN(value)) return;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  tell(name: string, labels: string, lines: string[]): void {
    const before = labels === '' ? '' : `${labels},`;
    let total = 0;
    for (const [at, count] of this.#counts.entries()) {
      total += count;
      lines.push(`${name}_bucket{${before}le="${this.#bounds[at] ?? '+Inf'}"} ${total}`);
    }
    lines.push(`${name}_sum${inBraces(labels)} ${this.#sum}`);
    lines.push(`${name}_count${inBraces(labels)} ${total}`);
  }
}

export class Histogram implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #distributions = new Map<string, Distribution>();

  constructor({ name, help, labels }: MetricNames, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.labels = labels;
    this.#bounds = bounds;
  }

  /** The one with these values of its labels, in their order. */
  of(...values: readonly string[]): Distribution {
    const key = labelText(this.labels, values);
    const known = this.#distributions.get(key);
    if (known !== undefined) return known;
    const made = new Distribution(this.#bounds);
    this.#distributions.set(key, made);
    return made;
  }

  tell(lines: string[]): void {
    for (const [labels, distribution] of this.#distributions)
      distribution.tell(this.name, labels, lines);
  }
}

export class MetricRegistry {
  readonly #metrics: Metric[] = [];
  readonly #readings: (() => void)[] = [];

  counter(names: MetricNames): Counter {
    return this.#add(new Values('counter', names));
  }

  gauge(names: MetricNames): Gauge {
    return this.#add(new Values('gauge', names));
  }

  /** @param bounds each bucket's highest value, rising */
  histogram(names: MetricNames, bounds: readonly number[]): Pick<Histogram, 'of'> {
    return this.#add(new Histogram(names, bounds));
  }

  /** Called whenever somebody asks, before anything is told: for figures that stand elsewhere. */
  onRead(reading: () => void): void {
    this.#readings.push(reading);
  }

  /** What there is, in the order it is told. */
  get facts(): readonly MetricFacts[] {
    return this.#metrics.map(({ name, help, type, labels }) => ({ name, help, type, labels }));
  }

  /** Everything, as it is now. */
  text(): string {
    for (const reading of this.#readings) reading();
    const lines: string[] = [];
    for (const metric of this.#metrics) {
      lines.push(`# HELP ${metric.name} ${escaped(metric.help)}`);
      lines.push(`# TYPE ${metric.name} ${metric.type}`);
      metric.tell(lines);
    }
    return `${lines.join('\n')}\n`;
  }

  #add<T extends Metric>(metric: T): T {
    this.#metrics.push(metric);
    return metric;
  }
}

function labelText(names: readonly string[], values: readonly string[]): string {
  return names
    .map((name, at) => `${name}="${escaped(values[at] ?? '').replaceAll('"', '\\"')}"`)
    .join(',');
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/: in labels the quotation mark as well. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function inBraces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
