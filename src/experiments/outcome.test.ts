// What is taken as an outcome, what is refused, and with which words.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../core/errors.ts';
import { MAX_OUTCOMES, type Outcome, readOutcomes } from './outcome.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const GOOD = { user: 'ann', metric: 'conversion', value: 1 };

function read(body: unknown, idempotencyKey: string | null = null): readonly Outcome[] {
  let made = 0;
  const newId = () => {
    made += 1;
    return `new-${made}`;
  };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readOutcomes({ text, idempotencyKey, now: NOW, newId });
}

function refusal(body: unknown): { code: string; message: string; param: string | undefined } {
  try {
    read(body);
  } catch (error) {
    if (error instanceof GatewayError)
      return { code: error.code, message: error.message, param: error.details.param };
  }
  throw new Error('it was taken');
}

describe('taken', () => {
  test('one alone, with what it leaves out', () => {
    expect(read(GOOD)).toEqual([
      { id: 'n new-1', user: 'ann', generationId: null, metric: 'conversion', value: 1, at: NOW },
    ]);
  });

  test('several, by user or by request, true as 1', () => {
    const outcomes = read([
      { ...GOOD, value: true, at: '2026-11-22T10:00:00Z' },
      { generation_id: 'g1', metric: 'stars', value: -2.5, at: NOW - 5, id: 'x' },
      { ...GOOD, value: false, user: null, generation_id: 'g2' },
    ]);
    expect(outcomes.map(({ value }) => value)).toEqual([1, -2.5, 0]);
    expect(outcomes.map(({ at }) => at)).toEqual([NOW - 7_200_000, NOW - 5, NOW]);
    expect(outcomes.map(({ user }) => user)).toEqual(['ann', null, null]);
    expect(outcomes.map(({ generationId }) => generationId)).toEqual([null, 'g1', 'g2']);
    expect(outcomes.map(({ id }) => id)).toEqual(['n new-1', 'i x', 'n new-3']);
  });

  test('with a key, the same ids every time, one for each place', () => {
    const ids = read([GOOD, GOOD], 'retry-1').map(({ id }) => id);
    expect(ids).toEqual(read([GOOD, GOOD], 'retry-1').map(({ id }) => id));
    expect(new Set(ids).size).toBe(2);
    expect(read([GOOD], 'retry-2')[0]?.id).not.toBe(ids[0]);
  });

  test('a clock that is a little ahead', () => {
    expect(read({ ...GOOD, at: NOW + 60_000 })[0]?.at).toBe(NOW + 60_000);
  });
});

describe('refused, by its path', () => {
  test.each([
    [{ ...GOOD, value: 'much' }, 'value', 'must be a number'],
    [{ ...GOOD, value: 1e13 }, 'value', 'must be between'],
    [[GOOD, GOOD, GOOD, { ...GOOD, value: null }], '[3].value', 'must be a number'],
    [[{ ...GOOD, metric: 'Conversion' }], '[0].metric', 'must be a name'],
    [{ ...GOOD, metric: 'x'.repeat(65) }, 'metric', 'must be a name'],
    [{ ...GOOD, metric: 'latency' }, 'metric', 'measured without outcomes'],
    [{ ...GOOD, metric: 'retention_7d' }, 'metric', 'measured without outcomes'],
    [{ metric: 'stars', value: 1 }, 'user', 'or generation_id must say'],
    [{ ...GOOD, user: '' }, 'user', 'must be a text of 1 to 512'],
    [{ ...GOOD, user: 5 }, 'user', 'must be a text'],
    [{ ...GOOD, id: 'x'.repeat(513) }, 'id', 'must be a text'],
    [{ ...GOOD, at: 'yesterday' }, 'at', 'must be a time'],
    [{ ...GOOD, at: '2026-13-45' }, 'at', 'must be a time'],
    [{ ...GOOD, at: NOW + 3_600_000 }, 'at', 'lies in the future'],
    [{ ...GOOD, at: '2020-01-01' }, 'at', 'more than 400 days ago'],
    [{ ...GOOD, generation: 'g1' }, 'generation', 'is not a field of an outcome'],
    ['5', 'body', 'must be an object'],
    ['[5]', '[0]', 'must be an object'],
  ] as const)('%j', (body, param, message) => {
    const refused = refusal(body);
    expect(refused).toMatchObject({ code: 'invalid_request', param });
    expect(refused.message).toContain(message);
  });

  test('no JSON, none, and too many', () => {
    expect(refusal('{').code).toBe('invalid_json');
    expect(refusal([]).message).toContain(`1 to ${MAX_OUTCOMES} outcomes, and this has 0`);
    const many = Array(MAX_OUTCOMES + 1).fill(GOOD);
    expect(refusal(many).message).toContain(`this has ${MAX_OUTCOMES + 1}`);
    expect(read(many.slice(1))).toHaveLength(MAX_OUTCOMES);
  });
});

test('whatever is posted is taken or refused, never a crash', () => {
  const field = fc.constantFrom('user', 'metric', 'value', 'at', 'generation_id', 'id', 'x');
  const item = fc.dictionary(field, fc.jsonValue());
  const body = fc.oneof(fc.jsonValue(), item, fc.array(item), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(body, (posted) => {
      try {
        for (const { value, at } of read(posted)) {
          expect(Number.isFinite(value)).toBe(true);
          expect(Number.isSafeInteger(at)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
      }
    }),
    { numRuns: 500 },
  );
});
