// The figures of docs/fidelity.md, held to: nothing changes on its way between any two wires without a reason that is written down.
import { beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { recordingsFolder } from '../find-recordings.ts';
import { checkRequest } from './check-request.ts';
import { measureFidelity } from './measure.ts';
import { readRecorded } from './read-recorded.ts';
import { extentOf, type Fidelity, reportOf, type Share } from './report.ts';
import { recordedCalls } from './sources.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: fidelity (no recordings at ../shared/recordings)');
const TIME_MS = 120_000;
const LEAST = 0.97;

suite('what recorded traffic becomes between all wires', () => {
  let measured: Fidelity;

  beforeAll(async () => {
    const found = await measureFidelity();
    if (found === null) throw new Error('the suite is skipped without recordings');
    measured = found;
  }, TIME_MS);

  test('nothing differs without a reason that is written down', () => {
    expect(measured.unexplained).toEqual([]);
  });

  test('every pair of wires is above its threshold', () => {
    const low = measured.pairs.flatMap(
      ({ caller, provider, sameWire, whole, streamed, requests }) => {
        const shares = { whole, streamed, requests };
        return Object.entries(shares).flatMap(([what, share]) =>
          ratio(share) >= LEAST
            ? []
            : [`${caller} ← ${provider} ${what} ${share.equal}/${share.total} ${sameWire}`],
        );
      },
    );
    expect(low).toEqual([]);
  });

  test('on the same wire every answer is whole, or its server’s own words are at fault', () => {
    for (const { caller, provider, sameWire, whole, streamed } of measured.pairs) {
      if (!sameWire) continue;
      const missing = [whole, streamed].map(
        ({ equal, explained, total }) => total - equal - explained,
      );
      expect([caller, provider, ...missing]).toEqual([caller, provider, 0, 0]);
      expect(whole.total + streamed.total - whole.equal - streamed.equal).toBeLessThanOrEqual(2);
    }
  });

  test('there is something of every wire to measure', () => {
    for (const { provider, whole, streamed } of measured.pairs)
      expect([
        provider,
        whole.total > 0,
        streamed.total > 0 || provider === 'vertex-anthropic',
      ]).toEqual([provider, true, true]);
  });

  test('docs/fidelity.md says what was measured', async () => {
    const page = Bun.file(join(import.meta.dir, '../../../docs/fidelity.md'));
    const current = (await page.exists()) ? await page.text() : '';
    if (!current.includes(extentOf(measured))) {
      console.log('skipped: docs/fidelity.md was measured over other recordings');
      return;
    }
    // Stale: run "npm run fidelity".
    expect(current).toBe(reportOf(measured));
  });
});

suite('the measures themselves', () => {
  const recordings = folder === null ? [] : recordedCalls(folder);

  test('the checks take what the vendors took', () => {
    for (const [wire, mine] of Map.groupBy(recordings, ({ wire }) => wire)) {
      const sent = mine.flatMap(({ request, host }) => {
        if (request === null || host !== 'maker') return [];
        // Protocol buffers take a null for nothing. Some were recorded as their client's objects, in the client's own names.
        const own = wire === 'gemini' ? (withoutNulls(request) as JsonObject) : request;
        return wire === 'gemini' && /[a-z]_[a-z]+":/.test(JSON.stringify(own)) ? [] : [own];
      });
      const taken = sent.filter((request) => checkRequest(wire, request).length === 0);
      expect([wire, sent.length > 20, taken.length / sent.length > 0.9]).toEqual([
        wire,
        true,
        true,
      ]);
    }
  });

  test('the checks refuse what is no request', () => {
    const broken = {
      model: 'm',
      messages: [{ role: 'nobody' }],
      input: [{ type: 'nothing' }],
      contents: [{}],
    };
    for (const wire of new Set(recordings.map(({ wire }) => wire)))
      expect([wire, checkRequest(wire, broken).length > 0]).toEqual([wire, true]);
  });

  test('the readers find every kind of thing in every wire', () => {
    for (const [wire, mine] of Map.groupBy(recordings, ({ wire }) => wire)) {
      const readings = mine.map(readRecorded);
      const has = {
        text: readings.some(({ text }) => text !== ''),
        reasoning: readings.some(({ reasoning }) => reasoning !== ''),
        tools: readings.some(({ tools }) => tools.length > 0),
        length: readings.some(({ stop }) => stop === 'length'),
        input: readings.some(({ input }) => input !== null),
        output: readings.some(({ output }) => output !== null),
      };
      expect([wire, has]).toEqual([
        wire,
        { text: true, reasoning: true, tools: true, length: true, input: true, output: true },
      ]);
    }
  });
});

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const there = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(there.map(([name, member]) => [name, withoutNulls(member ?? null)]));
}

function ratio({ equal, total }: Share): number {
  return total === 0 ? 1 : equal / total;
}
