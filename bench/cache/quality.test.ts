// The guards over the pairs of this folder, and the whole of the semantic cache over some of them with its real model.
import { expect, test } from 'bun:test';
import { marksOf } from '../../src/cache/owner-marks.ts';
import { DEFAULT_THRESHOLD } from '../../src/cache/semantic/default-threshold.ts';
import { type Meanings, openMeanings } from '../../src/cache/semantic/meanings.ts';
import { verdictOf } from '../../src/cache/semantic/same-meaning.ts';
import { interval } from './quality-figures.ts';
import { ownPairs, type Pair } from './quality-pairs.ts';

const pairs = ownPairs();
const same = pairs.filter((pair) => pair.isSame);
const different = pairs.filter((pair) => !pair.isSame);
const passes = ({ asked, known }: Pair) => verdictOf(asked, known).same;

test('guards let nothing pass that asks something else', () => {
  expect(different.length).toBeGreaterThan(1000);
  expect(different.filter(passes).map(({ known, asked }) => `${known} | ${asked}`)).toEqual([]);
});

test('guards let pass much of what asks the same, tuned on or not', () => {
  const share = (some: readonly Pair[]) => some.filter(passes).length / some.length;
  expect(same.length).toBeGreaterThan(200);
  expect(share(same.filter((pair) => !pair.isHeldOut))).toBeGreaterThan(0.5);
  expect(share(same.filter((pair) => pair.isHeldOut))).toBeGreaterThan(0.25);
});

test('a verdict is the same whoever is asked', () => {
  for (const pair of pairs) expect(verdictOf(pair.known, pair.asked).same).toBe(passes(pair));
});

test('the interval of a share', () => {
  expect(interval(0, 1000)[1]).toBeCloseTo(0.0038, 4);
  expect(interval(5, 10)[0]).toBeCloseTo(0.2366, 3);
  expect(interval(0, 0)).toEqual([0, 1]);
});

test('with the local model, as a gateway asks it: no wrong answer, and right ones', async () => {
  const some = [...everyOther(different, 25), ...everyOther(same, 9)];
  const meanings = openMeanings({
    dataDir: null,
    sealing: { seals: null, opens: [] },
    maxEntries: 1000,
    log: () => undefined,
    now: () => 0,
    // A loaded machine is not what is tested.
    findWithinMs: 100_000,
  });
  try {
    const hits = await hitsAmong(meanings, some);
    const wrong = hits.filter((pair) => !pair.isSame);
    expect(wrong.map(({ known, asked }) => `${known} | ${asked}`)).toEqual([]);
    expect(hits.length).toBeGreaterThan(everyOther(same, 9).length * 0.4);
  } finally {
    await meanings.close();
  }
}, 120_000);

async function hitsAmong(meanings: Meanings, some: readonly Pair[]): Promise<Pair[]> {
  meanings.start();
  while (meanings.standing() !== 'ready') await Bun.sleep(50);
  const hits: Pair[] = [];
  for (const [at, { known, asked }] of some.entries()) {
    const partition = `${at}`;
    const expiresAt = Number.MAX_SAFE_INTEGER;
    const whose = marksOf({ tenant: 'key_bench', user: null, namespace: null, model: 'any/model' });
    meanings.add({ partition, text: known, whose, vector: null, key: partition, expiresAt });
    await meanings.flush();
    const found = await meanings.find({
      partition,
      text: asked,
      vector: null,
      threshold: DEFAULT_THRESHOLD,
    });
    const pair = some[at];
    if (found?.verdict.same === true && pair !== undefined) hits.push(pair);
  }
  return hits;
}

function everyOther(all: readonly Pair[], step: number): Pair[] {
  return all.filter((_, at) => at % step === 0);
}
