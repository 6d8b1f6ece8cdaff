// Callers write any model's name: the labels stay few, and each is one Prometheus can read.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import type { Candidate } from '../core/plan.ts';
import { ModelLabels, OTHER } from './model-labels.ts';

const example = exampleCandidate({ id: 'p' });

function unlisted(model: string): Candidate {
  return { ...example, id: `p/${model}`, model, facts: null };
}

function listed(model: string): Candidate {
  return { ...unlisted(model), configured: { ...example.configured, models: [model] } };
}

const named = (count: number, make: (model: string) => Candidate) =>
  Array.from({ length: count }, (_, at) => make(`m${at}`));

describe('ModelLabels', () => {
  test('gives each model its name, and keeps to it', () => {
    const labels = new ModelLabels();
    expect(labels.of('p', 'a')).toBe(OTHER);
    expect([labels.admit(unlisted('a')), labels.admit(unlisted('a'))]).toEqual(['a', 'a']);
    expect(labels.of('p', 'a')).toBe('a');
    expect(labels.of('q', 'a')).toBe(OTHER);
  });

  test('of 500 models, first come, first served', () => {
    const labels = new ModelLabels();
    const told = named(600, listed).map((candidate) => labels.admit(candidate));
    expect(new Set(told).size).toBe(501);
    expect([told[0], told[499], told[500], told[599]]).toEqual(['m0', 'm499', OTHER, OTHER]);
    expect(labels.admit(listed('m0'))).toBe('m0');
    expect(labels.of('p', 'm599')).toBe(OTHER);
  });

  test('invented names take no place from those that are known', () => {
    const labels = new ModelLabels();
    const invented = named(10_000, unlisted).map((candidate) => labels.admit(candidate));
    expect(invented.filter((label) => label !== OTHER)).toHaveLength(250);
    const known = named(400, (model) => listed(`known-${model}`));
    const told = known.map((candidate) => labels.admit(candidate));
    expect(told.filter((label) => label !== OTHER)).toHaveLength(250);
  });

  test.each([
    ['a NUL', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['half a surrogate', 'a\ud800'],
    ['a whole book', 'a'.repeat(100_000)],
  ])('no label for a name with %s', (_, model) => {
    const labels = new ModelLabels();
    expect(labels.admit(unlisted(model))).toBe(OTHER);
    expect(labels.of('p', model)).toBe(OTHER);
  });
});
