// The grammar of injected faults: what is meant is read, what is not is refused with its place.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from './errors.ts';
import { faultOf, type InjectedFault, readInjectedFaults } from './injected-fault.ts';

const PLACE = 'x-switchyard-fault';

function first(text: string): InjectedFault | null {
  return faultOf(readInjectedFaults(text, PLACE), 1);
}

describe('faults that are meant', () => {
  const meant: readonly (readonly [string, InjectedFault])[] = [
    ['status:503', { kind: 'status', status: 503, retryAfterS: null }],
    ['status:429:7', { kind: 'status', status: 429, retryAfterS: 7 }],
    ['status:429:0', { kind: 'status', status: 429, retryAfterS: 0 }],
    ['refused', { kind: 'refused' }],
    ['timeout', { kind: 'timeout' }],
    ['ttft', { kind: 'ttft', ms: null }],
    ['ttft:250', { kind: 'ttft', ms: 250 }],
    ['stall', { kind: 'stall', after: 10 }],
    ['stall:3', { kind: 'stall', after: 3 }],
    ['cut', { kind: 'cut', after: 10 }],
    ['cut:0', { kind: 'cut', after: 0 }],
    ['error', { kind: 'error', after: 10 }],
    ['error:20', { kind: 'error', after: 20 }],
    ['slow:50', { kind: 'slow', ms: 50 }],
    ['  1 = cut : 4  ', { kind: 'cut', after: 4 }],
  ];
  for (const [text, fault] of meant) {
    test(text, () => expect(first(text)).toEqual(fault));
  }
});

test('each attempt has its own, and the rest that of all', () => {
  const faults = readInjectedFaults('*=status:429:7, 2=cut:20,5=ttft', PLACE);
  const limited = { kind: 'status', status: 429, retryAfterS: 7 };
  expect([1, 2, 3, 4, 5, 6].map((attempt) => faultOf(faults, attempt))).toEqual([
    limited,
    { kind: 'cut', after: 20 },
    limited,
    limited,
    { kind: 'ttft', ms: null },
    limited,
  ] as InjectedFault[]);
});

test('an attempt that is not named is left alone', () => {
  const faults = readInjectedFaults('2=refused', PLACE);
  expect([1, 2, 3].map((attempt) => faultOf(faults, attempt))).toEqual([
    null,
    { kind: 'refused' },
    null,
  ]);
});

describe('faults that are not', () => {
  const wrong: readonly (readonly [text: string, entry: number, problem: string])[] = [
    ['', 1, 'there is nothing in it'],
    ['cut,', 2, 'there is nothing in it'],
    ['1=', 1, '"" is no fault'],
    ['explode', 1, '"explode" is no fault'],
    ['CUT', 1, '"CUT" is no fault'],
    ['0=cut', 1, '"0" is neither * nor a number from 1 to 1000'],
    ['-1=cut', 1, '"-1" is neither'],
    ['1001=cut', 1, '"1001" is neither'],
    ['one=cut', 1, '"one" is neither'],
    ['=cut', 1, '"" is neither'],
    ['1=cut, 1=stall', 2, '"1" has a fault already'],
    ['cut, 1=stall', 2, '"1" has a fault already'],
    ['*=cut, *=stall', 2, '"*" has a fault already'],
    ['status', 1, '"status" needs a CODE'],
    ['status:200', 1, 'CODE must be a whole number from 400 to 599, not "200"'],
    ['status:600', 1, 'CODE must be'],
    ['status:503:soon', 1, 'RETRY_AFTER_S must be a whole number from 0 to 86400, not "soon"'],
    ['status:503:7:1', 1, '"status" takes at most 2'],
    ['refused:1', 1, '"refused" takes no number'],
    ['timeout:5', 1, '"timeout" takes no number'],
    ['ttft:1.5', 1, 'MS must be a whole number from 0 to 3600000, not "1.5"'],
    ['ttft:9999999', 1, 'MS must be'],
    ['ttft:', 1, 'MS must be a whole number from 0 to 3600000, not ""'],
    ['cut:-1', 1, 'K must be a whole number from 0 to 1000000, not "-1"'],
    ['cut:1e3', 1, 'K must be'],
    ['cut:1:2', 1, '"cut" takes at most 1'],
    ['slow', 1, '"slow" needs MS'],
    [`2=${'x'.repeat(500)}`, 1, `"${'x'.repeat(40)}…" is no fault`],
  ];
  for (const [text, entry, problem] of wrong) {
    test(JSON.stringify(text.slice(0, 50)), () => {
      let thrown: unknown;
      try {
        readInjectedFaults(text, PLACE);
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof GatewayError)) throw new Error('it should have been refused');
      expect([thrown.code, thrown.details.param]).toEqual(['invalid_request', PLACE]);
      expect(thrown.message).toStartWith(`${PLACE} entry ${entry} (`);
      expect(thrown.message).toContain(problem);
      expect(thrown.message).toContain('status:CODE[:RETRY_AFTER_S], refused, timeout, ttft[:MS]');
      expect(thrown.message.length).toBeLessThan(700);
    });
  }
});
