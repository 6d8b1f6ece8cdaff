// Seals over real ciphers: what opens, what does not, and what the sealed bytes give away.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { seal, sealingKey, unseal } from './seal.ts';

const one = sealingKey(new Uint8Array(32).fill(1), 'test');
const two = sealingKey(new Uint8Array(32).fill(2), 'test');
const bytes = (text: string) => new TextEncoder().encode(text);

describe('what is sealed', () => {
  test('opens with its key at its place, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (plain, place) => {
        const unsealed = unseal([two, one], seal(one, plain, place), place);
        expect(unsealed.ok && [...unsealed.bytes]).toEqual([...plain]);
      }),
    );
  });

  test('is not the plain bytes, and never the same twice', () => {
    const plain = bytes('the quick brown fox');
    const sealed = Buffer.from(seal(one, plain, 'a'));
    expect(sealed.includes(Buffer.from('quick'))).toBe(false);
    expect(sealed.equals(seal(one, plain, 'a'))).toBe(false);
    expect(sealed.length).toBe(plain.length + 1 + 8 + 12 + 16);
  });

  test('does not open once a bit of it is changed, anywhere', () => {
    const sealed = seal(one, bytes('hello'), 'a');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal([one, two], changed, 'a').ok).toBe(false);
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(unseal([one], sealed.slice(0, length), 'a').ok).toBe(false);
  });

  test('does not open at another place, nor for another purpose', () => {
    const sealed = seal(one, bytes('hello'), 'a');
    expect(unseal([one], sealed, 'b')).toEqual({ ok: false, why: 'damaged', keyId: one.id });
    const other = sealingKey(new Uint8Array(32).fill(1), 'other');
    expect(other.id).toBe(one.id);
    expect(unseal([other], sealed, 'a')).toMatchObject({ why: 'damaged' });
  });

  test('names the key that is missing', () => {
    const sealed = seal(one, bytes('hello'), 'a');
    expect(unseal([two], sealed, 'a')).toEqual({ ok: false, why: 'no-key', keyId: one.id });
    expect(one.id).toMatch(/^[0-9a-f]{16}$/);
    expect(one.id).not.toBe(two.id);
  });
});
