// The live tail: everybody who listens is told every row that is his, in order; who does not read is told how many he missed.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { LiveTail, type TailEvent, type TailListener } from './live-tail.ts';
import { parseTailFilter } from './log-filter.ts';
import { sampleExchange } from './sample-exchange.ts';

const QUIET_MS = 2000;
const all = parseTailFilter({});

/** The ids it is told until so many came, gaps as their size. */
async function hear(listener: TailListener, count: number): Promise<(string | number)[]> {
  const heard: TailEvent[] = [];
  while (heard.length < count) {
    const events = await listener.next(QUIET_MS);
    if (events === null || events.length === 0) break;
    heard.push(...events);
  }
  return heard.map((event) => (event.kind === 'row' ? event.id : event.count));
}

function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.message] : error;
  }
  return null;
}

describe('LiveTail', () => {
  test('tells each listener what passes its filter, whole and in order', async () => {
    const tail = new LiveTail();
    const every = tail.listen(all);
    const ann = tail.listen(parseTailFilter({ user: 'ann' }));
    const exchanges = ['ann', 'bob', 'ann'].map((user) => sampleExchange({ user }));
    for (const exchange of exchanges) tail.publish(exchange);
    const ids = exchanges.map(({ id }) => id);
    expect(await hear(every, 3)).toEqual(ids);
    expect(await hear(ann, 2)).toEqual([ids[0] ?? '', ids[2] ?? '']);
    tail.publish(exchanges[1] ?? sampleExchange());
    const [event] = (await every.next(QUIET_MS)) ?? [];
    if (event?.kind !== 'row') throw new Error('No row came.');
    expect(JSON.parse(event.json)).toMatchObject({ id: ids[1], user: 'bob', cost_usd: 0.0040125 });
    tail.close();
  });

  test('tells nothing of before', async () => {
    const tail = new LiveTail();
    const early = tail.listen(all);
    tail.publish(sampleExchange());
    const late = tail.listen(all);
    expect(await hear(early, 1)).toHaveLength(1);
    expect(await late.next(60)).toEqual([]);
    tail.close();
  });

  test('a reader who is too slow is told where rows are missing, and how many', async () => {
    const tail = new LiveTail({ bufferedRows: 3 });
    const slow = tail.listen(all);
    const exchanges = Array.from({ length: 8 }, () => sampleExchange());
    for (const exchange of exchanges) tail.publish(exchange);
    const ids = exchanges.map(({ id }) => id);
    await Bun.sleep(60);
    expect(await hear(slow, 4)).toEqual([...ids.slice(0, 3), 5]);
    const after = sampleExchange();
    tail.publish(after);
    expect(await hear(slow, 1)).toEqual([after.id]);
    tail.close();
  });

  test('a burst longer than the thread has time for passes by, counted', async () => {
    const tail = new LiveTail({ bufferedRows: 100_000 });
    const listener = tail.listen(all);
    const exchange = sampleExchange();
    for (let count = 0; count < 2500; count += 1) tail.publish(exchange);
    const heard = await hear(listener, 2001);
    expect(heard.filter((one) => one === exchange.id)).toHaveLength(2000);
    expect(heard.at(-1)).toBe(500);
    tail.close();
  });

  test('no more listeners than it has room for; one that leaves makes room', () => {
    const tail = new LiveTail({ listeners: 2 });
    const first = tail.listen(all);
    tail.listen(all);
    expect(refusal(() => tail.listen(all))).toEqual([
      'live_tail_full',
      expect.stringContaining('2 others follow the log already'),
    ]);
    first.finish();
    expect(tail.listening).toBe(1);
    tail.listen(all);
    tail.close();
  });

  test('its end: what waits is told, then nothing more, and nobody can join', async () => {
    const tail = new LiveTail();
    const listener = tail.listen(all);
    const exchange = sampleExchange();
    tail.publish(exchange);
    tail.close();
    expect(await hear(listener, 1)).toEqual([exchange.id]);
    expect(await listener.next(QUIET_MS)).toBeNull();
    expect(tail.listening).toBe(0);
    expect(refusal(() => tail.listen(all))).toEqual(['shutting_down', expect.any(String)]);
  });

  test('who waits is woken by the end', async () => {
    const tail = new LiveTail();
    const waiting = tail.listen(all).next(60_000);
    tail.close();
    expect(await waiting).toBeNull();
  });

  test('nobody listening, nothing is kept', async () => {
    const tail = new LiveTail();
    for (let count = 0; count < 10; count += 1) tail.publish(sampleExchange());
    expect(await tail.listen(all).next(60)).toEqual([]);
    tail.close();
  });
});
