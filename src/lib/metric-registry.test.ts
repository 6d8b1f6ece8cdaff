// The text is what Prometheus reads, character for character.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readExposition, sampleValue } from '../../test/journeys/read-exposition.ts';
import { MetricRegistry } from './metric-registry.ts';

describe('MetricRegistry', () => {
  test('tells counters, gauges and histograms', () => {
    const registry = new MetricRegistry();
    const counter = registry.counter({ name: 'c_total', help: 'Things.', labels: ['a', 'b'] });
    const gauge = registry.gauge({ name: 'g', help: 'A back\\slash\nand a line.', labels: [] });
    const histogram = registry.histogram(
      { name: 'h_seconds', help: 'H.', labels: ['a'] },
      [0.1, 1],
    );
    counter.of('x', 'y').value += 2;
    counter.of('x', '').value += 1;
    expect(counter.of('x', 'y')).toBe(counter.of('x', 'y'));
    gauge.of().value = 0.5;
    for (const value of [0.05, 0.1, 0.2, 7]) histogram.of('x').observe(value);
    expect(registry.text()).toBe(`# HELP c_total Things.
# TYPE c_total counter
c_total{a="x",b="y"} 2
c_total{a="x",b=""} 1
# HELP g A back\\\\slash\\nand a line.
# TYPE g gauge
g 0.5
# HELP h_seconds H.
# TYPE h_seconds histogram
h_seconds_bucket{a="x",le="0.1"} 2
h_seconds_bucket{a="x",le="1"} 3
h_seconds_bucket{a="x",le="+Inf"} 4
h_seconds_sum{a="x"} 7.35
h_seconds_count{a="x"} 4
`);
  });

  test('a histogram without labels, and one that nothing was measured of', () => {
    const registry = new MetricRegistry();
    registry.histogram({ name: 'one', help: 'H.', labels: [] }, [1]).of().observe(Number.NaN);
    registry.histogram({ name: 'none', help: 'H.', labels: ['a'] }, [1]);
    expect(registry.text()).toBe(`# HELP one H.
# TYPE one histogram
one_bucket{le="1"} 0
one_bucket{le="+Inf"} 0
one_sum 0
one_count 0
# HELP none H.
# TYPE none histogram
`);
  });

  test('reads what stands elsewhere each time it is asked', () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge({ name: 'g', help: 'G.', labels: ['a'] });
    let now = ['x', 'y'];
    registry.onRead(() => {
      gauge.clear();
      for (const one of now) gauge.of(one).value += 1;
    });
    expect(registry.text()).toContain('g{a="x"} 1\ng{a="y"} 1\n');
    now = ['y', 'y'];
    expect(registry.text()).toEndWith('gauge\ng{a="y"} 2\n');
  });

  test('any label comes back as it was, and no two as one', () => {
    const piece = fc.oneof(fc.constantFrom('\\', '"', '\n', ',', '}', 'n', '='), fc.string());
    const label = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(label, label), { selector: String }), (pairs) => {
        const distinct = new Map(pairs.map((pair) => [JSON.stringify(pair), pair]));
        const registry = new MetricRegistry();
        const counter = registry.counter({ name: 'c', help: 'C.', labels: ['a', 'b'] });
        for (const [a, b] of distinct.values()) counter.of(a, b).value += 1;
        const metrics = readExposition(registry.text());
        for (const [a, b] of distinct.values()) expect(sampleValue(metrics, 'c', { a, b })).toBe(1);
        expect(metrics.get('c')?.samples).toHaveLength(distinct.size);
      }),
    );
  });
});
