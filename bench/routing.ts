// What the fact `complexity` is worth: `npm run bench:routing`. Every score is of a question its model has not seen.
import { textComplexity } from '../src/routing/facts/complexity.ts';
import { apgr } from './routing/apgr.ts';
import { equalQuality } from './routing/equal-quality.ts';
import {
  acrossDatasets,
  acrossFolds,
  acrossSubjects,
  type Learnable,
  learnable,
  scoresOf,
} from './routing/held-out.ts';
import { foldOf, normalised, readQuestions } from './routing/questions.ts';

/** Those of the paper. */
const COMPARED = ['mmlu', 'gsm8k'];
const SETS = ['mmlu', 'gsm8k', 'arc_challenge', 'winograde', 'mbpp'];
/** Where fewer of a subject are known, its mean is drawn to that of all. */
const PRIOR = 10;
const KEPT = 0.95;

const questions = readQuestions();
if (questions === null)
  console.log('bench:routing skipped: no recordings at ../shared/recordings/routing.');
else console.log(report(learnable(questions)));

function report(all: readonly Learnable[]): string {
  const folds = scoresOf(acrossFolds(all));
  const subjects = scoresOf(acrossSubjects(all));
  const prior = subjectPrior(all);
  const chance = all.map(({ prompt }) => foldOf(`chance ${prompt}`, 1_000_000));
  const length = all.map(({ prompt }) => prompt.length);
  const others = new Map(COMPARED.map((name) => [name, acrossDatasets(all, name)]));
  const rows = SETS.map((name) => {
    const of = (scores: readonly number[]) => pick(all, name, scores).apgr;
    const elsewhere = others.get(name);
    const test = all.filter(({ dataset }) => dataset === name);
    return [
      name,
      `${test.length}`,
      figure(of(folds)),
      name === 'mmlu' ? figure(of(subjects)) : '',
      elsewhere ? figure(apgr(test, scoresOf(elsewhere.readings))) : '',
      figure(of(length)),
      figure(of(chance)),
      name === 'mmlu' ? figure(of(prior)) : '',
    ];
  });
  const header = [
    '',
    'questions',
    '5 folds',
    'other subjects',
    'other datasets',
    'length',
    'chance',
    'subject prior',
  ];
  const above = folds.filter((score) => score > 0.7).length / folds.length;
  return [
    'APGR: Mixtral-8x7B-Instruct beside gpt-4-1106-preview; 0.5 is chance, 1 the strong model at no calls.',
    ...aligned([header, ...rows]),
    '  5 folds: random; other subjects: learned from none of the same subject; other datasets: from none of the same dataset.',
    `  Prompts that stand twice are counted once; of other datasets, prompts with a part in common left out: ${[...others].map(([name, { shared }]) => `${name} ${shared}`).join(', ')}.`,
    '',
    `Calls to the strong model for ${KEPT * 100} % of its quality (held out):`,
    ...COMPARED.map((name) =>
      comparison(name, 'calls', (scores) => pick(all, name, scores), { folds, length, chance }),
    ),
    'Cost for the same, of what the strong model alone costs, at the recorded prices:',
    ...['arc_challenge', 'winograde', 'mbpp'].map((name) =>
      comparison(name, 'cost', (scores) => pick(all, name, scores), { folds, length, chance }),
    ),
    '',
    `complexity > 0.7: ${(above * 100).toFixed(1)} % of all questions. ${microseconds(all)}`,
  ].join('\n');
}

interface Rankings {
  readonly folds: readonly number[];
  readonly length: readonly number[];
  readonly chance: readonly number[];
}

function comparison(
  name: string,
  what: 'calls' | 'cost',
  of: (scores: readonly number[]) => ReturnType<typeof pick>,
  { folds, length, chance }: Rankings,
): string {
  const [ours, byLength, byChance] = [folds, length, chance].map((scores) => {
    const { graded, scores: own } = of(scores);
    const share = equalQuality(graded, own, KEPT)[what];
    return share === null ? 'not recorded' : `${(share * 100).toFixed(1)} %`;
  });
  return `  ${name.padEnd(14)} complexity ${ours}, length ${byLength}, chance ${byChance}`;
}

function pick(all: readonly Learnable[], name: string, scores: readonly number[]) {
  const graded = all.filter(({ dataset }) => dataset === name);
  const own = scores.filter((_, at) => all[at]?.dataset === name);
  return { graded, scores: own, apgr: apgr(graded, own) };
}

/** What a subject's questions of the other folds gained: what somebody knows who is told the subject. */
function subjectPrior(all: readonly Learnable[]): number[] {
  const folds = all.map(({ prompt }) => foldOf(normalised(prompt), 5));
  const mean = all.reduce((sum, { example }) => sum + example.gain, 0) / all.length;
  return all.map(({ subject }, at) => {
    const known = all.filter((one, other) => one.subject === subject && folds[other] !== folds[at]);
    const sum = known.reduce((total, { example }) => total + example.gain, 0);
    return (sum + PRIOR * mean) / (known.length + PRIOR);
  });
}

/** The best of three runs each: what it costs, not what else the machine does. */
function microseconds(all: readonly Learnable[]): string {
  const sample = all.filter((_, at) => at % 5 === 0);
  const took = sample.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run < 3; run++) {
    for (const [at, { prompt }] of sample.entries()) {
      const start = performance.now();
      textComplexity(prompt);
      took[at] = Math.min(took[at] ?? 0, (performance.now() - start) * 1000);
    }
  }
  took.sort((a, b) => a - b);
  const mean = took.reduce((sum, us) => sum + us, 0) / took.length;
  const p99 = took[Math.floor(took.length * 0.99)] ?? 0;
  return `${mean.toFixed(0)} µs a prompt, p99 ${p99.toFixed(0)} µs.`;
}

function figure(value: number): string {
  return value.toFixed(3);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => `  ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')}`);
}
