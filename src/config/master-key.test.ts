// The master key as operators write it, and what they are told where it is none.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { readMasterKeys } from './master-key.ts';

const BYTES = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const BASE64 = Buffer.from(BYTES).toString('base64');
const noFile = (): string => {
  throw new RangeError('no such file');
};

function refusal(environment: { readonly [name: string]: string }): string {
  try {
    readMasterKeys(environment, noFile);
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
  }
  return '';
}

describe('a master key', () => {
  test('is 32 bytes in base64, its URL form or hexadecimal, from the environment or a file', () => {
    const hex = Buffer.from(BYTES).toString('hex');
    for (const text of [BASE64, Buffer.from(BYTES).toString('base64url'), hex, hex.toUpperCase()]) {
      const { current } = readMasterKeys({ SWITCHYARD_MASTER_KEY: ` ${text}\n` }, noFile);
      expect([...(current ?? [])]).toEqual([...BYTES]);
      const asked: string[] = [];
      const read = (path: string) => {
        asked.push(path);
        return `${text}\n`;
      };
      const fromFile = readMasterKeys({ SWITCHYARD_MASTER_KEY_FILE: '/run/key' }, read);
      expect([...(fromFile.current ?? [])]).toEqual([...BYTES]);
      expect(asked).toEqual(['/run/key']);
    }
  });

  test('is not needed, and those it followed are read beside it', () => {
    expect(readMasterKeys({}, noFile)).toEqual({ current: null, previous: [] });
    expect(readMasterKeys({ SWITCHYARD_MASTER_KEY: '' }, noFile).current).toBeNull();
    const { previous } = readMasterKeys({
      SWITCHYARD_MASTER_KEY_PREVIOUS: `${BASE64}, ,${BASE64}`,
    });
    expect(previous.map((key) => key.length)).toEqual([32, 32]);
  });

  test('that is none is refused with its place and the remedy, and never shown', () => {
    const short = Buffer.alloc(31, 9).toString('base64');
    expect(refusal({ SWITCHYARD_MASTER_KEY: short })).toContain('has 31 bytes');
    expect(refusal({ SWITCHYARD_MASTER_KEY: 'correct horse battery' })).toContain('neither base64');
    expect(refusal({ SWITCHYARD_MASTER_KEY_PREVIOUS: `${BASE64},${short}` })).toContain(
      '(number 2)',
    );
    expect(refusal({ SWITCHYARD_MASTER_KEY_FILE: '/run/key' })).toContain('/run/key');
    expect(refusal({ SWITCHYARD_MASTER_KEY: BASE64, SWITCHYARD_MASTER_KEY_FILE: 'x' })).toContain(
      'both set',
    );
    for (const key of [short, 'correct horse battery'])
      for (const name of ['SWITCHYARD_MASTER_KEY', 'SWITCHYARD_MASTER_KEY_PREVIOUS']) {
        const message = refusal({ [name]: key });
        expect(message).toContain('openssl rand -base64 32');
        expect(message).not.toContain(key);
      }
  });
});
