// Texts in indexes: short ones as they are, long ones short, each still itself.
import { expect, test } from 'bun:test';
import { indexable, storable } from './stored-text.ts';

test('what an index holds anyway is as it was', () => {
  for (const text of ['', 'u-1', 'x'.repeat(256), '日'.repeat(85)])
    expect(indexable(text)).toBe(text);
});

test('a long one is cut at a character, and two that differ stay two', () => {
  for (const letter of ['x', 'é', '日', '🎉']) {
    const one = indexable(letter.repeat(3000));
    const other = indexable(`${letter.repeat(2999)}y`);
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(256);
    expect(one).toMatch(new RegExp(`^(${letter})+…[0-9a-f]{32}$`, 'u'));
    expect(other).not.toBe(one);
    expect(indexable(one)).toBe(one);
  }
});

test('what no encoding takes is replaced', () => {
  expect(storable('a\0b \ud83d c')).toBe('a\ufffdb \ufffd c');
  expect(indexable('\0')).toBe('\ufffd');
});
