// Our own request fields: what is read of them, and what is told of those that nothing can be read from.
import { expect, test } from 'bun:test';
import { duration, lifetime, readOptions, unknownMembers } from './options.ts';

test('members of our own objects that are no option are named, whichever envelope they come in', () => {
  expect(unknownMembers({})).toEqual([]);
  expect(
    unknownMembers({ provider: { order: ['a'], only: ['b'] }, fallback: { mode: 'cancel' } }),
  ).toEqual(['provider.only']);
  expect(
    unknownMembers({ provider: { only: ['a'] }, extra_body: { provider: { sort: 'price' } } }),
  ).toEqual(['provider.sort']);
  expect(unknownMembers({ cache: { ttl: 60, size: 1 }, fallback: { after: '1s' } })).toEqual([
    'fallback.after',
    'cache.size',
  ]);
});

test('fields that callers fill as they like are theirs', () => {
  expect(
    unknownMembers({ metadata: { a: 1 }, prompt_variables: { b: 2 }, web_search: { c: 3 } }),
  ).toEqual([]);
});

test('an unknown member does not keep the known ones from being read', () => {
  const options = readOptions({ provider: { order: ['a'], only: ['b'] } });
  expect(options).toEqual({ provider: { order: ['a'] } });
});

test('what is kept may be kept for days; a deadline is no such time', () => {
  const day = 86_400_000;
  const read = (text: string) => lifetime.safeParse(text).data;
  expect(['30d', '24h', '1.5h', '90m', '10s'].map(read)).toEqual([
    30 * day,
    day,
    5_400_000,
    5_400_000,
    10_000,
  ]);
  for (const wrong of ['0d', '30', 'd', '1w', '1 d', ''])
    expect(lifetime.safeParse(wrong).success).toBe(false);
  for (const text of ['1h', '1d']) expect(duration.safeParse(text).success).toBe(false);
  expect(duration.parse('2m')).toBe(120_000);
});
