// How an entry is shown: what of it changed, and back from the line to the entry.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { entryHash } from '../store/audit-chain.ts';
import { changedPaths, readShownAudit, shownAudit } from './shown-audit.ts';

test('what changed is told by its place, lists as one, without what always changes', () => {
  const before = {
    name: 'a',
    limits: { budget: { usd: 5 }, rpm: null },
    models: ['x'],
    version: 1,
  };
  const after = {
    name: 'a',
    limits: { budget: { usd: 6 } },
    models: ['x', 'y'],
    version: 2,
    more: 1,
  };
  expect(changedPaths(before, after)).toEqual(['limits.budget.usd', 'models', 'more']);
  expect(changedPaths(null, after)).toEqual([]);
  expect(changedPaths(before, null)).toEqual([]);
});

test('of a configuration every place is named, though what stands there is masked', () => {
  const entry = {
    ...{ id: 1, at: 0, via: 'config', actor: null, actor_name: null, address: null, hash: 'x' },
    ...{ action: 'config.reload', target: 'switchyard.yaml', previous_hash: '' },
    before: JSON.stringify({ 'providers.acme.api_key': '…', retries: null }),
    after: JSON.stringify({ 'providers.acme.api_key': '…', retries: 3 }),
  };
  expect(shownAudit(entry).changed).toEqual(['providers.acme.api_key', 'retries']);
});

test('an exported line is the entry it was made of, with its hash', () => {
  fc.assert(
    fc.property(fc.json(), fc.option(fc.string()), fc.nat(), (json, words, at) => {
      const entry = {
        ...{ id: 7, at, via: 'api', actor: words, actor_name: words, address: null },
        ...{ action: 'key.update', target: words ?? '', previous_hash: '0'.repeat(64) },
        before: null,
        after: JSON.stringify({ value: JSON.parse(json) }),
      };
      const stored = { ...entry, hash: entryHash(entry) };
      expect(readShownAudit(JSON.stringify(shownAudit(stored)))).toEqual(stored);
    }),
  );
  for (const line of ['', 'x', '[]', '{}']) expect(readShownAudit(line)).toBeNull();
});
