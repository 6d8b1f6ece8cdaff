// Scores: what public lists measured of a model, found for any host's name of it; the operator's own figures first.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../config/schema.ts';
import { GatewayError } from '../core/errors.ts';
import type { ModelFacts } from '../core/model.ts';
import type { ModelScores } from '../core/model-metrics.ts';
import { parseJson } from '../lib/json.ts';
import { commonName, splitDate } from './model-names.ts';
import { type ParsedScores, parseScores, type ScoreFile } from './score-file.ts';
import { scoreNames } from './score-names.ts';

const BUILT_IN = new URL('./scores.generated.json', import.meta.url);
/** A newer table's name inside the data folder. */
export const SCORES_NAME = 'scores.json';

/** What the scores are looked up in. */
export interface ScoreData {
  readonly file: ScoreFile;
  /** Why a table that is in the data folder is not used; worth telling the operator. */
  readonly warning: string | null;
}

export type ScoreLookup = (provider: string, model: string) => ModelScores | null;

/** Never throws for what is in the data folder: a table that cannot be used is left aside, with a warning. */
export function loadScores(dataDir: string): ScoreData {
  const file = builtInScores();
  const path = join(dataDir, SCORES_NAME);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { file, warning: null };
  }
  const parsed = parseText(text);
  if (!parsed.ok) {
    const warning = `${path} is not used: ${parsed.problem}. The built-in scores of ${file.date} serve.`;
    return { file, warning };
  }
  return { file: parsed.file.date < file.date ? file : parsed.file, warning: null };
}

export function builtInScores(): ScoreFile {
  const parsed = parseText(readFileSync(BUILT_IN, 'utf8'));
  // Only a broken installation gets here: the file is part of the program and tested.
  if (!parsed.ok)
    throw new GatewayError(
      'internal',
      `The built-in score table is damaged: ${parsed.problem}. Install again.`,
    );
  return parsed.file;
}

/**
 * Found by the model's id, else by the name it is listed under; the same for every host. `overrides` (`models:` of the
 * configuration) replace single figures of one `provider/model`.
 */
export function scoreLookup(
  { scores }: Pick<ScoreFile, 'scores'>,
  catalog: { get(provider: string, model: string): ModelFacts | null },
  overrides: readonly ModelConfig[] = [],
): ScoreLookup {
  const own = new Map(overrides.map(({ id, scores: figures }) => [id, figures]));
  return (provider, model) => {
    const listed = catalog.get(provider, model);
    const name = namesOf(provider, model, listed).find((one) => scores.has(one));
    const known = name === undefined ? null : (scores.get(name) ?? null);
    const figures = own.get(`${provider}/${model}`);
    return figures === undefined ? known : { ...(known ?? NOTHING), ...stated(figures) };
  };
}

/** What is called the latest of a name may be any of them: only its listed name may say which. */
function namesOf(provider: string, model: string, listed: ModelFacts | null): readonly string[] {
  const id = commonName(model, provider) ?? model;
  const ids = splitDate(id)?.moving === true ? [] : scoreNames(id);
  if (listed === null || / latest\b|\(latest\)/i.test(listed.name)) return ids;
  return [...ids, ...scoreNames(listed.name)];
}

const NOTHING: ModelScores = {
  intelligence: null,
  math: null,
  coding: null,
  tokensPerS: null,
  ttftMs: null,
};

function stated(figures: NonNullable<ModelConfig['scores']>): Partial<ModelScores> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}

function parseText(text: string): ParsedScores {
  const json = parseJson(text);
  return json === undefined ? { ok: false, problem: 'it is not JSON' } : parseScores(json);
}
