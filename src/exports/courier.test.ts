// The courier: batches by size, rows that spoil a batch, places that refuse everything, sinks that throw or hang.
import { describe, expect, test } from 'bun:test';
import type { LogRow } from '../core/log-row.ts';
import { bytesOf, Courier, inBatches } from './courier.ts';
import type { Delivery, ExportSink } from './export-sink.ts';

const TAKEN: Delivery = { kind: 'taken', rejected: [] };

const rowsOf = (count: number, text = ''): LogRow[] =>
  Array.from({ length: count }, (_, at) => ({ id: `row-${at}`, reasoning: text }) as LogRow);

/** A sink that answers by what is in the batch, and remembers what it was sent. */
function sinkOf(answer: (ids: readonly string[]) => Delivery | Promise<Delivery>) {
  const sent: string[][] = [];
  const sink: ExportSink = {
    ...{ kind: 'test', maxRows: 1000, maxBytes: 1_000_000, timeoutMs: 50 },
    async send(rows) {
      const ids = rows.map(({ id }) => id);
      sent.push(ids);
      return answer(ids);
    },
  };
  return { sink, sent };
}

const refusing = (bad: ReadonlySet<string>) => (ids: readonly string[]) =>
  ids.some((id) => bad.has(id))
    ? ({ kind: 'refused', why: 'it answered 400', splits: true } as const)
    : TAKEN;

describe('batches', () => {
  test('hold at most so many rows and bytes, in order, and cut the same each time', () => {
    const rows = rowsOf(10, 'x'.repeat(100));
    const size = bytesOf(rows[0] as LogRow);
    const cut = (maxRows: number, maxBytes: number) =>
      inBatches(rows, { maxRows, maxBytes }).map((batch) => batch.length);
    expect(cut(4, 1_000_000)).toEqual([4, 4, 2]);
    expect(cut(100, 3 * size + 2)).toEqual([3, 3, 3, 1]);
    expect(cut(100, 3 * size + 1)).toEqual([2, 2, 2, 2, 2]);
    // One that is larger than all goes by itself.
    expect(cut(100, 10)).toEqual(Array(10).fill(1));
    expect(inBatches(rows, { maxRows: 3, maxBytes: 1e6 }).flat()).toEqual(rows);
  });
});

describe('rows at fault', () => {
  for (const bad of [['row-0'], ['row-99'], ['row-17', 'row-18', 'row-80'], ['row-0', 'row-50']])
    test(`are found: ${bad.join(', ')}`, async () => {
      const { sink, sent } = sinkOf(refusing(new Set(bad)));
      const carried = await new Courier(sink).carry(rowsOf(100));
      expect(carried.kind).toBe('done');
      expect(carried.dead.map(({ id }) => id).sort()).toEqual([...bad].sort());
      expect([carried.delivered, carried.rest]).toEqual([100 - bad.length, []]);
      const taken = sent.filter((ids) => refusing(new Set(bad))(ids) === TAKEN).flat();
      // None of the others twice.
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.length).toBe(100 - bad.length);
    });

  test('are none where nothing is taken at all, and that is soon clear', async () => {
    const rows = rowsOf(512);
    const { sink, sent } = sinkOf(() => ({ kind: 'refused', why: 'schema', splits: true }));
    const carried = await new Courier(sink).carry(rows);
    expect(carried).toMatchObject({ kind: 'refused', why: 'schema', delivered: 0, dead: [] });
    expect(carried.rest).toEqual(rows);
    expect(sent.length).toBeLessThan(25);
  });

  test('a single row that is refused waits for others to compare it with', async () => {
    const { sink } = sinkOf(refusing(new Set(['row-0'])));
    const alone = await new Courier(sink).carry(rowsOf(1));
    expect(alone).toMatchObject({ kind: 'refused', splits: true, dead: [] });
    const two = await new Courier(sink).carry(rowsOf(2));
    expect(two).toMatchObject({ kind: 'done', delivered: 1, dead: [{ id: 'row-0' }] });
  });

  test('what was not sent when it broke off comes again, no more', async () => {
    let calls = 0;
    const { sink } = sinkOf((ids) => {
      calls += 1;
      if (calls === 4) return { kind: 'later', why: 'busy', afterMs: 7 };
      return refusing(new Set(['row-3']))(ids);
    });
    const courier = new Courier(sink);
    const first = await courier.carry(rowsOf(8));
    expect(first).toMatchObject({ kind: 'later', why: 'busy', afterMs: 7, dead: [] });
    const second = await courier.carry(first.rest);
    expect(second.kind).toBe('done');
    expect(first.delivered + second.delivered).toBe(7);
    expect(second.dead.map(({ id }) => id)).toEqual(['row-3']);
  });

  test('those a sink names are dead, the others delivered', async () => {
    const { sink } = sinkOf(() => ({ kind: 'taken', rejected: [{ index: 1, why: 'too old' }] }));
    const carried = await new Courier(sink).carry(rowsOf(3));
    expect(carried).toEqual({
      kind: 'done',
      delivered: 2,
      dead: [{ id: 'row-1', why: 'too old' }],
      rest: [],
    });
  });
});

describe('a sink that', () => {
  test('throws is tried again later, and what it threw is not told', async () => {
    const { sink } = sinkOf(() => Promise.reject(new Error('https://user:secret@host failed')));
    const carried = await new Courier(sink).carry(rowsOf(1));
    expect(carried).toMatchObject({ kind: 'later', why: 'it could not be reached (Error)' });
  });

  test('never answers, whatever its signal says, is left behind', async () => {
    const { sink } = sinkOf(() => new Promise<Delivery>(() => undefined));
    const carried = await new Courier(sink).carry(rowsOf(2));
    expect(carried).toMatchObject({ kind: 'later', why: 'no answer within 0.05 s' });
    expect(carried.rest).toHaveLength(2);
  });

  test('is not ready gets no rows, and is made ready anew after a refusal', async () => {
    const prepared: string[] = [];
    const { sink, sent } = sinkOf(() => ({ kind: 'refused', why: 'no table' }));
    const answers: Delivery[] = [{ kind: 'refused', why: 'no dataset' }, TAKEN, TAKEN];
    const courier = new Courier({
      ...sink,
      async prepare() {
        prepared.push('asked');
        return answers.shift() ?? TAKEN;
      },
    });
    expect(await courier.carry(rowsOf(1))).toMatchObject({ kind: 'refused', why: 'no dataset' });
    expect(sent).toEqual([]);
    expect(await courier.carry(rowsOf(1))).toMatchObject({ kind: 'refused', why: 'no table' });
    await courier.carry(rowsOf(1));
    expect([prepared.length, sent.length]).toEqual([3, 2]);
  });
});
