// What it costs to find a prompt that means the same: the search among 100,000, the vector of a prompt, memory; and what the
// search's filter loses against looking at everything. By itself: node bin/bun.mjs bench/cache/lookup.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marksOf } from '../../src/cache/owner-marks.ts';
import { DEFAULT_THRESHOLD } from '../../src/cache/semantic/default-threshold.ts';
import { loadLocalModel } from '../../src/cache/semantic/local-model.ts';
import { MeaningIndex } from '../../src/cache/semantic/meaning-index.ts';
import { type Meanings, openMeanings } from '../../src/cache/semantic/meanings.ts';
import type { AddedMeaning } from '../../src/cache/semantic/search-worker.ts';
import { quantile } from '../statistics.ts';
import { threadCpuMicros } from '../thread-cpu.ts';
import { beside, chanceFrom, cosine, leaning } from './made-vectors.ts';

const ENTRIES = 100_000;
const QUERIES = 2000;
/** As many of the nearest are looked at. */
const CLOSEST = 16;
/** Searches that are done the long way too. */
const COMPARED = 100;
const NOWHERE = new Float32Array(384);
const FAR = Number.MAX_SAFE_INTEGER;
const WHOSE = marksOf({ tenant: 'key_bench', user: null, namespace: null, model: 'any/model' });

export interface LookupFigures {
  /** Of searches through the thread, in milliseconds, the worst of all layouts. */
  readonly worstP99Ms: number;
  /** Of the nearest entries, found; the worst of all layouts. */
  readonly worstRecall: number;
}

export type Print = (what: string, value: string) => void;

interface Layout {
  readonly name: string;
  readonly partitions: number;
  /** Cosine of an entry to the sentence it is made of, and how many sentences there are. */
  readonly near: number;
  readonly sentences: number;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'one partition', partitions: 1, near: 0.8, sentences: 400 },
  { name: 'one partition, all alike', partitions: 1, near: 0.95, sentences: 1 },
  { name: '1,000 partitions', partitions: 1000, near: 0.8, sentences: 400 },
];

export async function lookup(print: Print): Promise<LookupFigures> {
  const rssBefore = process.memoryUsage.rss();
  const model = await loadLocalModel();
  const isThere = typeof model !== 'string';
  if (isThere)
    print('memory: the local model', `${mb(process.memoryUsage.rss() - rssBefore)} more`);
  else print('no local model: vectors are made up', model);
  const chance = chanceFrom(8);
  const real = isThere ? await vectorsOf(model.embed, print) : leaning(400, chance);
  let worstP99Ms = 0;
  let worstRecall = 1;
  for (const layout of LAYOUTS) {
    const figures = await measure(layout, real, print);
    worstP99Ms = Math.max(worstP99Ms, figures.p99);
    worstRecall = Math.min(worstRecall, figures.recall);
  }
  if (isThere) await together(print);
  return { worstP99Ms, worstRecall };
}

/** Real sentences, and what the vectors of longer and shorter ones cost. */
async function vectorsOf(
  embed: (text: string) => Promise<Float32Array>,
  print: Print,
): Promise<Float32Array[]> {
  const chance = chanceFrom(3);
  for (const words of [8, 16, 32, 64, 120]) {
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1)
      times.push(await timed(() => embed(sentence(words, chance))));
    print(`vector of a prompt of ${words} words`, spread(times));
  }
  const vectors: Float32Array[] = [];
  for (let i = 0; i < 400; i += 1) vectors.push(await embed(sentence(8, chance)));
  return vectors;
}

const WORDS =
  'how do I change the password of my account what is capital city France river bank open late refund order shipping weather train ticket write poem about winter explain recursion list benefits green tea compare two phones cheap flight Rome doctor appointment reset router light speed sum of numbers translate letter best pasta recipe without garlic fix error in code'.split(
    ' ',
  );

function sentence(words: number, chance: () => number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(chance() * WORDS.length)]).join(' ');
}

async function measure(
  layout: Layout,
  real: readonly Float32Array[],
  print: Print,
): Promise<{ readonly p99: number; readonly recall: number }> {
  const asked = queriesOf(layout, real);
  const name = `${ENTRIES} entries, ${layout.name}`;
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-lookup-'));
  const meanings = openMeanings({
    dataDir: dir,
    sealing: { seals: null, opens: [] },
    maxEntries: ENTRIES,
    log: (_, message) => print(name, message),
    now: Date.now,
    findWithinMs: 1000,
  });
  const adding = await timed(async () => {
    let added = 0;
    for (const entry of entriesOf(layout, real)) {
      meanings.add(entry);
      added += 1;
      // As requests would come: the thread's queue is not what is measured.
      if (added % 5000 === 0) await meanings.flush();
    }
  });
  print(`${name}: added, on disk too`, `${Math.round((ENTRIES / adding) * 1000)} a second`);
  const times: number[] = [];
  for (const query of asked.slice(0, 50)) await meanings.find(query);
  for (const query of asked) times.push(await timed(() => meanings.find(query)));
  print(`${name}: a search`, spread(times));
  print(`${name}: held`, mb(meanings.figures().bytes));
  await meanings.close();
  rmSync(dir, { recursive: true });
  const recall = compared([...entriesOf(layout, real)], asked);
  print(`${name}: its CPU alone`, spread(recall.cpuMs));
  print(`${name}: found of what is near enough`, recall.text);
  return { p99: quantile(times, 0.99), recall: recall.share };
}

/** The same each time: none is held while searches are measured, whose pauses would be its collector's. */
function* entriesOf(layout: Layout, real: readonly Float32Array[]): Generator<Known> {
  const chance = chanceFrom(5);
  for (let i = 0; i < ENTRIES; i += 1) {
    const sentence = real[i % Math.min(layout.sentences, real.length)] ?? NOWHERE;
    yield {
      partition: `p${Math.floor(chance() * layout.partitions)}`,
      key: `k${i}`,
      text: `what a user wrote, number ${i}`,
      vector: beside(sentence, layout.near, chance),
      whose: WHOSE,
      expiresAt: FAR,
    };
  }
}

/** Each beside an entry. */
function queriesOf(layout: Layout, real: readonly Float32Array[]): Asked[] {
  const chance = chanceFrom(6);
  const every = ENTRIES / QUERIES;
  const asked: Asked[] = [];
  let number = 0;
  for (const { partition, vector } of entriesOf(layout, real)) {
    if (number % every === 0) {
      const near = beside(vector, 0.8 + 0.199 * chance(), chance);
      asked.push({ partition, text: 'asked', vector: near, threshold: DEFAULT_THRESHOLD });
    }
    number += 1;
  }
  return asked;
}

type Known = AddedMeaning;
type Asked = Parameters<Meanings['find']>[0] & { readonly vector: Float32Array };

/** Against looking at everything: the nearest sixteen, and the nearest. */
function compared(known: readonly Known[], asked: readonly Asked[]) {
  const index = new MeaningIndex(ENTRIES);
  const partitions = Map.groupBy(known, ({ partition }) => partition);
  for (const entry of known) index.add(entry);
  const cpuMs = asked.map(({ partition, vector, threshold }) => {
    const start = threadCpuMicros();
    index.nearest(partition, vector, threshold, CLOSEST, 0);
    return (threadCpuMicros() - start) / 1000;
  });
  let near = 0;
  let found = 0;
  let first = 0;
  let firsts = 0;
  for (const { partition, vector, threshold } of asked.slice(0, COMPARED)) {
    const all = (partitions.get(partition) ?? [])
      .map((entry) => ({ key: entry.key, similarity: cosine(entry.vector, vector) }))
      // At the very threshold the last bit of a float decides.
      .filter(({ similarity }) => similarity >= threshold + 1e-6)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, CLOSEST);
    const got = index.nearest(partition, vector, threshold, CLOSEST, 0).map(({ key }) => key);
    near += all.length;
    found += all.filter(({ key }) => got.includes(key)).length;
    if (all.length > 0) firsts += 1;
    if (all.length > 0 && got[0] === all[0]?.key) first += 1;
  }
  const share = firsts === 0 ? 1 : first / firsts;
  return {
    share,
    cpuMs,
    text: `${found} of ${near} (the nearest: ${first} of ${firsts})`,
  };
}

/** Twenty different prompts at once, vectors included. */
async function together(print: Print): Promise<void> {
  const meanings = openMeanings({
    dataDir: null,
    sealing: { seals: null, opens: [] },
    maxEntries: ENTRIES,
    log: (_, message) => print('20 at once', message),
    now: Date.now,
  });
  meanings.start();
  while (meanings.standing() === 'loading') await Bun.sleep(10);
  const times = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      timed(() =>
        meanings.find({
          partition: 'p',
          text: `where do I find invoice ${i} of my account`,
          vector: null,
          threshold: DEFAULT_THRESHOLD,
        }),
      ),
    ),
  );
  const { late } = meanings.figures().missed;
  print('20 different prompts at once', `${spread(times)}, ${late} too late`);
  await meanings.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function spread(times: readonly number[]): string {
  const shown = (share: number) => quantile(times, share).toFixed(2);
  return `p50 ${shown(0.5)} ms, p95 ${shown(0.95)} ms, p99 ${shown(0.99)} ms`;
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

if (import.meta.main) {
  await lookup((what, value) => process.stdout.write(`${what.padEnd(60)}${value}\n`));
}
