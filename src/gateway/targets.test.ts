// Who is asked when: in order, the ill ones last, and nobody who would fail for a reason already seen.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { Candidate } from '../core/plan.ts';
import { Load } from '../upstream/load.ts';
import { type Target, TargetLine } from './targets.ts';

function candidate(id: string, keys: readonly string[]): Candidate {
  const one = exampleCandidate({ id });
  const pool = keys.map((label) => ({ label, secret: label }));
  return { ...one, id: `${id}/m`, configured: { ...one.configured, keys: pool } };
}

const nameOf = ({ candidate: { id }, key }: Target) => `${id} ${key?.label ?? ''}`;

function lineOf(candidates: readonly Candidate[], ill: readonly string[] = []) {
  const plan = {
    requested: 'm',
    candidates,
    why: [],
    routerId: null,
    routeId: null,
    variantId: null,
    settings: null,
    commands: null,
    facts: null,
  };
  const sticky = { user: 'ann', opening: () => '' };
  return new TargetLine(plan, sticky, new Load(), (target) => !ill.includes(nameOf(target)));
}

/** All that are asked, where each fails like this. */
function asked(line: TargetLine, code: ErrorCode): readonly string[] {
  const names: string[] = [];
  for (let target = line.next(); target !== null; target = line.next()) {
    names.push(nameOf(target));
    line.failed(target, new GatewayError(code, 'x'));
  }
  return names;
}

describe('a line of targets', () => {
  const pool = candidate('a', ['one', 'two']);
  const lone = candidate('b', ['three']);

  test('is asked key by key only where another key may help', () => {
    expect(asked(lineOf([pool, lone]), 'upstream_auth').toSorted()).toEqual([
      'a/m one',
      'a/m two',
      'b/m three',
    ]);
    expect(asked(lineOf([pool, lone]), 'upstream_error')).toHaveLength(2);
  });

  test('a key that was left for last is no other chance of a model that fails', () => {
    for (const ill of ['a/m one', 'a/m two']) {
      const names = asked(lineOf([pool, lone], [ill]), 'upstream_error');
      expect(names).not.toContain(ill);
      expect(names).toHaveLength(2);
    }
  });

  test('who is ill is asked last, and asked', () => {
    const line = lineOf([pool, lone], ['a/m one', 'a/m two']);
    expect(line.hasMore()).toBe(true);
    expect(asked(line, 'upstream_error')[0]).toBe('b/m three');
    expect(line.hasMore()).toBe(false);
  });

  test('who was not needed stands where it stood', () => {
    const line = lineOf([pool, lone]);
    const first = line.next();
    if (first !== null) line.putBack(first);
    expect(line.next()).toBe(first);
  });
});
