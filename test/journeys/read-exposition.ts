// Prometheus' text format read as strictly as its own collector does: https://prometheus.io/docs/instrumenting/exposition_formats/.

export interface Sample {
  readonly name: string;
  readonly labels: { readonly [name: string]: string };
  readonly value: number;
}

export interface ToldMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|\})/;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/;
const SUFFIXES: { readonly [type: string]: readonly string[] } = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** Every metric by its name. Throws at the first line that is wrong. */
export function readExposition(text: string): ReadonlyMap<string, ToldMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, ToldMetric & { samples: Sample[] }>();
  const seen = new Set<string>();
  let current: (ToldMetric & { samples: Sample[] }) | null = null;
  let help: readonly [string, string] | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string) => new Error(`${why}: ${JSON.stringify(line)}`);
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      help = [name, rest];
      continue;
    }
    if (kind === 'TYPE') {
      if (help?.[0] !== name || metrics.has(name)) throw fail('no help of its own');
      if (SUFFIXES[rest] === undefined) throw fail('no such type');
      current = { name, type: rest, help: help[1], samples: [] };
      metrics.set(name, current);
      continue;
    }
    const sample = readSample(line);
    if (sample === null) throw fail('no sample');
    if (current === null || !belongs(sample.name, current)) throw fail('not of the metric above');
    const series = JSON.stringify([sample.name, sample.labels]);
    if (seen.has(series)) throw fail('told twice');
    seen.add(series);
    current.samples.push(sample);
  }
  for (const { type, samples, name } of metrics.values())
    if (type === 'histogram') checkBuckets(name, samples);
  return metrics;
}

function belongs(name: string, metric: ToldMetric): boolean {
  return (SUFFIXES[metric.type] ?? []).some((suffix) => name === metric.name + suffix);
}

function readSample(line: string): Sample | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    for (let more = true; more; ) {
      const [whole, label, value, end] = LABEL.exec(rest) ?? [];
      if (whole === undefined || label === undefined || value === undefined) return null;
      if (label in labels) return null;
      labels[label] = value.replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one));
      rest = rest.slice(whole.length);
      more = end === ',';
    }
  }
  if (!rest.startsWith(' ') || !NUMBER.test(rest.slice(1))) return null;
  return { name, labels, value: Number(rest.slice(1).replace('Inf', 'Infinity')) };
}

/** Buckets rise to `+Inf`, which holds as many as there are. */
function checkBuckets(name: string, samples: readonly Sample[]): void {
  const last = new Map<string, number>();
  for (const { name: own, labels, value } of samples) {
    const { le, ...others } = labels;
    const id = JSON.stringify(others);
    if (own === `${name}_bucket`) {
      if (le === undefined || value < (last.get(id) ?? 0)) throw new Error(`${name}: ${id} falls`);
      last.set(id, value);
    } else if (own === `${name}_count` && value !== last.get(id))
      throw new Error(`${name}: ${id} counts ${value}, its buckets ${last.get(id)}`);
  }
}

/** The value with exactly these labels; null where there is none. */
export function sampleValue(
  metrics: ReadonlyMap<string, ToldMetric>,
  name: string,
  labels: { readonly [name: string]: string } = {},
): number | null {
  const wanted = Object.entries(labels).sort().join('\n');
  for (const metric of metrics.values())
    for (const sample of metric.samples)
      if (sample.name === name && Object.entries(sample.labels).sort().join('\n') === wanted)
        return sample.value;
  return null;
}
