// Our own request fields: what is read of them, and what is told of those that nothing can be read from.
import { expect, test } from 'bun:test';
import { readOptions, unknownMembers } from './options.ts';

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
