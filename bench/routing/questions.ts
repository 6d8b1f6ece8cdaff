// Questions: recorded answers of a weak and a strong model to the same prompts, and how they are split into folds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingsFolder } from '../../test/recordings/find-recordings.ts';

export interface Question {
  /** `mmlu`, `gsm8k`, `arc_challenge`, … */
  readonly dataset: string;
  /** Of MMLU; elsewhere the dataset's name. */
  readonly subject: string;
  readonly prompt: string;
  /** 0..1. */
  readonly weak: number;
  readonly strong: number;
  /** What both answers cost; null: not recorded. */
  readonly costUsd: { readonly weak: number; readonly strong: number } | null;
}

interface Recorded {
  readonly dataset: string;
  readonly subject?: string;
  readonly prompt: string;
  readonly scores: ByModel;
  readonly cost_usd?: ByModel;
}

type ByModel = { readonly [model: string]: number };

/** The pair of the RouteLLM paper; RouterBench writes the weak one's name in its own way. */
const WEAK = ['mistralai/Mixtral-8x7B-Instruct-v0.1', 'mistralai/mixtral-8x7b-chat'];
const STRONG = 'gpt-4-1106-preview';
const FILES = ['routellm_mmlu.jsonl', 'routellm_gsm8k.jsonl', 'routerbench_subset.jsonl'];

/** Each prompt once; null where the recordings are not there. */
export function readQuestions(): Question[] | null {
  const folder = recordingsFolder();
  if (folder === null) return null;
  const seen = new Set<string>();
  const questions: Question[] = [];
  for (const file of FILES) {
    for (const line of readFileSync(join(folder, 'routing', file), 'utf8').split('\n')) {
      if (line === '') continue;
      const question = questionOf(JSON.parse(line) as Recorded);
      const text = normalised(question.prompt);
      if (seen.has(text)) continue;
      seen.add(text);
      questions.push(question);
    }
  }
  return questions;
}

function questionOf({ dataset, subject, prompt, scores, cost_usd }: Recorded): Question {
  const graded = ofPair(scores);
  if (graded === null)
    throw new Error(`A question of ${dataset} has no score of the pair of models.`);
  const costUsd = cost_usd === undefined ? null : ofPair(cost_usd);
  return { dataset, subject: subject ?? dataset, prompt: unlisted(prompt), ...graded, costUsd };
}

function ofPair(values: ByModel): { weak: number; strong: number } | null {
  const weak = WEAK.map((model) => values[model]).find((value) => value !== undefined);
  const strong = values[STRONG];
  return weak === undefined || strong === undefined ? null : { weak, strong };
}

/** RouterBench has its prompts as Python prints a list of one string. */
function unlisted(prompt: string): string {
  if (!/^\[['"]/.test(prompt)) return prompt;
  return prompt
    .slice(2, -2)
    .replace(/\\n/g, '\n')
    .replace(/\\(['"])/g, '$1');
}

/** What two wordings of one question have in common. */
export function normalised(prompt: string): string {
  return prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The same fold for the same text, wherever it stands. */
export function foldOf(text: string, folds: number): number {
  return Number(Bun.hash.wyhash(text, 1n) % BigInt(folds));
}

/** The paragraphs and lines of a prompt, where they are of some length: what would be learned by heart if it stood on both sides. */
export function partsOf(prompt: string): string[] {
  return [...prompt.split(/\n\s*\n/), ...prompt.split('\n')]
    .map(normalised)
    .filter((part) => part.length >= 40);
}
