// How often the semantic cache finds what means the same, and how often it gives a wrong answer: over the project's own pairs and
// a public set, with guards and, as other caches do it, by the likeness of vectors alone. node bin/bun.mjs bench/cache/quality.ts
import { DEFAULT_THRESHOLD } from '../../src/cache/semantic/default-threshold.ts';
import { loadLocalModel } from '../../src/cache/semantic/local-model.ts';
import { verdictOf } from '../../src/cache/semantic/same-meaning.ts';
import { interval, type Judged, type Tally, tallyOf } from './quality-figures.ts';
import { ownPairs, type Pair } from './quality-pairs.ts';
import { publicPairs } from './quality-public.ts';

export const MOST_FALSE = 0.005;

const SWEEP = [0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98];
const WIDTHS = [24, 8, 8, 8, 8, 14, 18, 11, 8];
const HEADER = [
  '',
  'same',
  'hits',
  'missed',
  'other',
  'wrong',
  '95 % interval',
  'precision',
  'recall',
];

export interface QualityOptions {
  readonly quick: boolean;
  readonly print: (line: string) => void;
}

export interface QualitySet {
  readonly name: string;
  readonly tally: Tally;
}

/** At the default threshold, a set each. Null: there is no local model. */
export async function quality(options: QualityOptions): Promise<readonly QualitySet[] | null> {
  const { quick, print } = options;
  const model = await loadLocalModel();
  if (typeof model === 'string') {
    print(`quality skipped: ${model}`);
    return null;
  }
  const known = new Map<string, Float32Array>();
  const vectorOf = async (text: string): Promise<Float32Array> => {
    const vector = known.get(text) ?? (await model.embed(text));
    known.set(text, vector);
    return vector;
  };
  const judge = async (pairs: readonly Pair[]): Promise<Judged[]> => {
    const out: Judged[] = [];
    for (const pair of quick ? everyFourth(pairs) : pairs) {
      const similarity = cosine(await vectorOf(pair.asked), await vectorOf(pair.known));
      // What the model cannot tell from others has no vector, so it is never found.
      const isTold = model.tells(pair.asked) && model.tells(pair.known);
      const { same } = verdictOf(pair.asked, pair.known);
      out.push({ ...pair, similarity: isTold ? similarity : 0, passes: same });
    }
    return out;
  };
  const sets: QualitySet[] = [];
  const own = await judge(ownPairs());
  sets.push(report('own pairs (bench/cache/pairs)', own, print));
  const there = await publicPairs();
  if (typeof there === 'string') print(`public set skipped: ${there}.\n`);
  else sets.push(report('public pairs (fow-cache 0.1.0, CC BY 4.0)', await judge(there), print));
  return sets;
}

function report(name: string, pairs: readonly Judged[], print: (line: string) => void): QualitySet {
  const atDefault = (pair: Judged) => pair.similarity >= DEFAULT_THRESHOLD && pair.passes;
  const tally = tallyOf(pairs, atDefault);
  print(`${name}, threshold ${DEFAULT_THRESHOLD}, with guards`);
  print(row(HEADER));
  for (const category of [...new Set(pairs.map((pair) => pair.category))].sort()) {
    const of = pairs.filter((pair) => pair.category === category);
    print(rowOf(category, tallyOf(of, atDefault)));
  }
  print(
    rowOf(
      'tuned on',
      tallyOf(
        pairs.filter((pair) => !pair.isHeldOut),
        atDefault,
      ),
    ),
  );
  print(
    rowOf(
      'held out',
      tallyOf(
        pairs.filter((pair) => pair.isHeldOut),
        atDefault,
      ),
    ),
  );
  print(rowOf('all', tally));
  print('');
  for (const guarded of [true, false]) {
    print(
      guarded ? 'by threshold, with guards' : 'by threshold, likeness alone (as other caches do)',
    );
    for (const threshold of SWEEP) {
      const isHit = (pair: Judged) => pair.similarity >= threshold && (pair.passes || !guarded);
      print(rowOf(threshold.toFixed(2), tallyOf(pairs, isHit)));
    }
    print('');
  }
  return { name, tally };
}

function rowOf(name: string, { same, hits, different, falseHits }: Tally): string {
  const [low, high] = interval(falseHits, different);
  const wrong = different === 0 ? '' : `${falseHits} ${percent(falseHits / different, 1)}`;
  return row([
    name,
    `${same}`,
    `${hits}`,
    `${same - hits}`,
    `${different}`,
    wrong,
    different === 0 ? '' : `${percent(low, 1)} – ${percent(high, 1)}`,
    hits + falseHits === 0 ? '' : percent(hits / (hits + falseHits), 1),
    same === 0 ? '' : percent(hits / same, 0),
  ]);
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[at] ?? 8)))
    .join('');
}

function percent(share: number, digits: number): string {
  return `${(share * 100).toFixed(digits)} %`;
}

function everyFourth(pairs: readonly Pair[]): Pair[] {
  return pairs.filter((_, at) => at % 4 === 0);
}

function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

if (import.meta.main) {
  const quick = process.argv.includes('--quick');
  await quality({ quick, print: (line) => process.stdout.write(`${line}\n`) });
  // The model's engine keeps threads of its own.
  process.exit(0);
}
