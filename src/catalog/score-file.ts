// The score table on disk: what it holds, its text and its check. One line a model, sources with their dates on top.
import type { ModelScores } from '../core/model-metrics.ts';
import { asObject, type Json } from '../lib/json.ts';

export interface ScoreSource {
  readonly name: string;
  readonly url: string;
  /** ISO: of which day its figures are. */
  readonly date: string;
  readonly says: string;
}

export interface ScoreFile {
  /** Of the newest source. */
  readonly date: string;
  /** Column → where it comes from. */
  readonly sources: { readonly [Column in keyof ModelScores]: ScoreSource };
  /** By `scoreName`. */
  readonly scores: ReadonlyMap<string, ModelScores>;
}

export type ParsedScores =
  | { readonly ok: true; readonly file: ScoreFile }
  | { readonly ok: false; readonly problem: string };

/** Raised when the columns change: a file of another format is left aside. */
const FORMAT = 1;
const COLUMNS: readonly (keyof ModelScores)[] = [
  'intelligence',
  'math',
  'coding',
  'tokensPerS',
  'ttftMs',
];

/** Stable: the same for the same figures. */
export function formatScores({ date, sources, scores }: ScoreFile): string {
  const head = {
    format: FORMAT,
    about: 'Public scores of models, and how fast they usually are. Generated; do not edit.',
    date,
    sources,
    columns: ['model', ...COLUMNS].join(' '),
  };
  const rows = [...scores]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => JSON.stringify([name, ...COLUMNS.map((column) => one[column])]));
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "models": [\n${rows.join(',\n')}\n]\n}\n`;
}

/** Says what is wrong with the first thing that is. */
export function parseScores(json: unknown): ParsedScores {
  const root = asObject(json);
  if (!root) return { ok: false, problem: 'it is not a JSON object' };
  if (root.format !== FORMAT)
    return {
      ok: false,
      problem: `its format is ${JSON.stringify(root.format ?? null)}, this version reads ${FORMAT}`,
    };
  const { date } = root;
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date))
    return { ok: false, problem: 'its date is missing' };
  const sources = sourcesOf(root.sources);
  if (sources === null)
    return {
      ok: false,
      problem: '"sources" must name one with url, date and says for each column',
    };
  if (!Array.isArray(root.models) || root.models.length === 0)
    return { ok: false, problem: 'it holds no models' };
  const scores = new Map<string, ModelScores>();
  for (const [place, row] of (root.models as readonly Json[]).entries()) {
    if (!Array.isArray(row) || typeof row[0] !== 'string' || !row.slice(1).every(isFigure))
      return {
        ok: false,
        problem: `models[${place}] is not a row of "model ${COLUMNS.join(' ')}"`,
      };
    const figures = COLUMNS.map((column, index) => [column, row[index + 1] ?? null]);
    scores.set(row[0], Object.fromEntries(figures) as unknown as ModelScores);
  }
  return { ok: true, file: { date, sources, scores } };
}

function isFigure(value: Json): boolean {
  return value === null || (typeof value === 'number' && value >= 0);
}

function sourcesOf(json: Json | undefined): ScoreFile['sources'] | null {
  const root = asObject(json);
  const found = COLUMNS.map((column) => [column, sourceOf(root?.[column])] as const);
  if (found.some(([, source]) => source === null)) return null;
  return Object.fromEntries(found) as unknown as ScoreFile['sources'];
}

function sourceOf(json: Json | undefined): ScoreSource | null {
  const { name, url, date, says } = asObject(json) ?? {};
  const texts = [name, url, date, says];
  if (!texts.every((text) => typeof text === 'string')) return null;
  return { name, url, date, says } as ScoreSource;
}
