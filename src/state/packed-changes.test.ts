// A batch that goes to another thread is the same there.
import { expect, test } from 'bun:test';
import type { Change } from './kept.ts';
import { packed, unpacked } from './packed-changes.ts';

const change = (key: string, text: string | null): Change => ({
  ...({ tenant: 'key_a', kind: 'response', key } as const),
  ...{ text, bytes: text === null ? 0 : Buffer.byteLength(text) + 128, expiresAt: 5 },
});

test('each has its own text, whatever is in it', () => {
  const changes = [
    change('none', null),
    change('plain', '{"a":"b"}'),
    change('empty', ''),
    change('wide “key”\n', '{"a":"🦊 ü \\u0000"}'),
    change('after', null),
    change('last', '{}'),
  ];
  expect(unpacked(packed(changes))).toEqual(changes);
  expect(unpacked(packed([]))).toEqual([]);
});
