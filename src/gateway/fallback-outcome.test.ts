// Which requests count as saved by another target, and as what.
import { describe, expect, test } from 'bun:test';
import type { ErrorCode } from '../core/errors.ts';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { fallbackOutcome } from './fallback-outcome.ts';

/** `first#key-1` and what it failed with; null: it answered. */
type Asked = readonly [target: string, error: ErrorCode | null];

function attemptOf([target, error]: Asked): AttemptOutcome {
  const [provider = '', key = null] = target.split('#');
  return {
    provider,
    model: `${provider}/m`,
    key,
    success: error === null,
    status: null,
    error,
    message: null,
    startMs: 0,
    ttftMs: null,
    durationMs: 1,
    usage: UNKNOWN_USAGE,
    costNano: null,
    price: null,
  };
}

function of(
  asked: readonly Asked[],
  outcome: Exchange['outcome'] = 'ok',
  { resumed = false } = {},
) {
  return fallbackOutcome({ attempts: asked.map(attemptOf), outcome, resumed });
}

describe('a fallback is', () => {
  test('none where the first answered, or was the only one', () => {
    expect(of([])).toBeNull();
    expect(of([['a', null]])).toBeNull();
    expect(of([['a', 'upstream_error']], 'error')).toBeNull();
    expect(of([], 'error')).toBeNull();
  });

  test('none where the first was only asked again, or won its race', () => {
    expect(
      of([
        ['a', 'upstream_error'],
        ['a', null],
      ]),
    ).toBeNull();
    expect(
      of(
        [
          ['a', 'upstream_error'],
          ['a', 'upstream_error'],
        ],
        'error',
      ),
    ).toBeNull();
    expect(
      of([
        ['a', null],
        ['b', 'race_lost'],
      ]),
    ).toBeNull();
  });

  test('another model or another key', () => {
    expect(
      of([
        ['a', 'upstream_error'],
        ['b', null],
      ]),
    ).toBe('before_content');
    expect(
      of([
        ['a#k1', 'upstream_rate_limited'],
        ['a#k2', null],
      ]),
    ).toBe('before_content');
    const all: Asked[] = [
      ['a', 'upstream_error'],
      ['a', 'upstream_error'],
      ['b', 'upstream_error'],
    ];
    expect(of([...all, ['c', null]])).toBe('before_content');
  });

  test('a race where the first was too slow, whoever else failed', () => {
    expect(
      of([
        ['a', 'race_lost'],
        ['b', null],
      ]),
    ).toBe('race');
    expect(
      of([
        ['a', 'race_lost'],
        ['b', 'upstream_error'],
        ['c', null],
      ]),
    ).toBe('race');
    expect(
      of([
        ['a', 'upstream_error'],
        ['b', 'race_lost'],
        ['c', null],
      ]),
    ).toBe('before_content');
  });

  test('resumed where the answer went on', () => {
    const asked: Asked[] = [
      ['a', 'upstream_stream_truncated'],
      ['b', null],
    ];
    expect(of(asked, 'ok', { resumed: true })).toBe('resumed');
  });

  test('failed where none of several answered, and nothing where nobody waited', () => {
    const asked: Asked[] = [
      ['a', 'upstream_error'],
      ['b', 'upstream_overloaded'],
    ];
    expect(of(asked, 'error')).toBe('failed');
    expect(of(asked, 'error', { resumed: true })).toBe('failed');
    expect(of(asked, 'aborted')).toBeNull();
  });
});
