// Trace context by the recommendation's own rules and examples, and span ids that need no keeping.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  attemptSpanId,
  parseTraceparent,
  readTraceParent,
  readTraceState,
  requestSpanId,
  traceHeaders,
  traceIdOf,
} from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  test('says whose trace it is, and whether it is recorded', () => {
    const parent = { traceId: TRACE, spanId: SPAN };
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ ...parent, sampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)).toEqual({ ...parent, sampled: false });
    // Flags nobody has defined say nothing.
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)).toEqual({ ...parent, sampled: false });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)).toEqual({ ...parent, sampled: true });
  });

  test('of a later version is read as far as all versions are alike', () => {
    const parent = { traceId: TRACE, spanId: SPAN, sampled: true };
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)).toEqual(parent);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toEqual(parent);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01.what`)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['a dash at the end', `00-${TRACE}-${SPAN}-01-`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a trace that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a digit that is none', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['two lines', `00-${TRACE}-${SPAN}-01\n00`],
  ])('is as if it were not there: %s', (_, text) => {
    expect(parseTraceparent(text)).toBeNull();
  });
});

describe('tracestate', () => {
  test.each([
    'congo=t61rcWkgMzE',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'tenant@vendor=a:b;c , ,other=1',
    `a=${'x'.repeat(256)}`,
    '1a@system=2',
  ])('passes as it is: %s', (state) => {
    expect(readTraceState(state)).toBe(state);
  });

  test.each([
    ['', 'nothing'],
    [' , ', 'nothing in it'],
    ['UPPER=1', 'capitals'],
    ['a=1,a=2', 'a name twice'],
    ['a', 'no value'],
    ['a=', 'an empty value'],
    ['a=b=c', 'an equals sign in a value'],
    ['a=ü', 'letters beyond ASCII'],
    [Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(','), 'more than 32'],
    [`a=${'x'.repeat(257)}`, 'a value that is too long'],
  ])('is left out: %s (%s)', (state) => {
    expect(readTraceState(state)).toBeNull();
  });

  test('counts only beside a trace, and takes no trace with it', () => {
    expect(readTraceParent(new Headers({ tracestate: 'a=1' }))).toBeNull();
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const wrong = readTraceParent(new Headers({ traceparent, tracestate: 'A=1' }));
    expect(wrong).toEqual({
      ...{ traceId: TRACE, spanId: SPAN, sampled: true, state: null },
      ...{ text: traceparent, hasSpans: false },
    });
    const headers = new Headers({ traceparent });
    headers.append('tracestate', 'a=1');
    headers.append('tracestate', 'b=2');
    expect(readTraceParent(headers)?.state).toBe('a=1, b=2');
  });
});

describe('ids of our own', () => {
  const id = '019a0b1c-2d3e-7f40-9a5b-6c7d8e9f0a1b';

  test('come from the generation id, and are the same each time', () => {
    expect(traceIdOf(id)).toBe('019a0b1c2d3e7f409a5b6c7d8e9f0a1b');
    expect(requestSpanId(id)).toBe('9a5b6c7d8e9f0a1b');
    expect(attemptSpanId(id, 1)).toBe('015b6c7d8e9f0a1b');
    expect(attemptSpanId(id, 12)).toBe('0c5b6c7d8e9f0a1b');
  });

  test('are well formed and all different, whatever the id', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 7 }), (generationId) => {
        const spans = [
          requestSpanId(generationId),
          ...Array.from({ length: 127 }, (_, at) => attemptSpanId(generationId, at + 1)),
        ];
        expect(new Set(spans).size).toBe(128);
        for (const span of spans) {
          const text = `00-${traceIdOf(generationId)}-${span}-01`;
          expect(parseTraceparent(text)?.spanId).toBe(span);
        }
      }),
    );
  });

  test('go to a provider with the caller’s trace, flag and state', () => {
    const told = { text: `00-${TRACE}-${SPAN}-00`, hasSpans: true };
    const parent = { traceId: TRACE, spanId: SPAN, sampled: false, state: 'a=1', ...told };
    expect(traceHeaders(parent, id, 2)).toEqual({
      traceparent: `00-${TRACE}-025b6c7d8e9f0a1b-00`,
      tracestate: 'a=1',
    });
    expect(traceHeaders({ ...parent, sampled: true, state: null }, id, 1)).toEqual({
      traceparent: `00-${TRACE}-015b6c7d8e9f0a1b-01`,
    });
  });

  test('are told to nobody where nobody exports them: the caller’s own words go on as they came', () => {
    for (const traceparent of [`00-${TRACE}-${SPAN}-03`, `cc-${TRACE}-${SPAN}-01-later`]) {
      const headers = new Headers({ traceparent, tracestate: 'a=1' });
      const parent = readTraceParent(headers);
      expect(parent && traceHeaders(parent, id, 1)).toEqual({ traceparent, tracestate: 'a=1' });
    }
  });
});
