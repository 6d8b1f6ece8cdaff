// Writes src/catalog/scores.generated.json: `generate-scores.ts LEADERBOARD.json LIVEBENCH.csv`, their dates from their names.
import { formatScores, type ScoreFile } from '../src/catalog/score-file.ts';
import { plainName, scoreName } from '../src/catalog/score-names.ts';
import type { ModelScores } from '../src/core/model-metrics.ts';

const TARGET = new URL('../src/catalog/scores.generated.json', import.meta.url);

/** Of https://artificialanalysis.ai, one row a model and effort. */
interface LeaderboardRow {
  readonly slug: string;
  readonly name: string;
  readonly openrouter_id: string | null;
  readonly artificial_analysis_intelligence_index: number | null;
  readonly artificial_analysis_coding_index: number | null;
  readonly tps: number | null;
  readonly ttft: number | null;
}

const MATH_TASKS = ['AMPS_Hard', 'integrals_with_game', 'math_comp', 'olympiad'];
/** A date or an edition in brackets: then the row's slug tells the model, not its name. */
const EDITION = /\((?:[^)]*(?:'\d\d|20\d\d|ChatGPT|Preview|experimental)[^)]*)\)/i;
const WITHOUT_THOUGHT = /non-reasoning|\(minimal\)|\binstruct\b/i;
/** Ids that mean another model than when the row was made. */
const MOVING: ReadonlySet<string> = new Set(['chat deepseek']);
/** What takes longer to begin thinks first, by far the most of that time: no measure of who thinks less. */
const MAX_TTFT_S = 20;
/** What LiveBench writes after a model's name: how it was asked. */
const ASKED = /-(?:thinking|auto|\d+k|x?high|medium|low|effort)(?=-|$)/g;

/** The text of the generated file. The same input gives the same text. */
export function generate(
  rows: readonly LeaderboardRow[],
  livebench: string,
  dates: { readonly leaderboard: string; readonly livebench: string },
): string {
  const scores = new Map<string, ModelScores>();
  for (const [name, group] of byName(rows)) {
    scores.set(name, together(group));
    const plain = group.filter((row) => WITHOUT_THOUGHT.test(row.name));
    if (plain.length > 0 && plain.length < group.length)
      scores.set(plainName(name), together(plain));
  }
  for (const [name, math] of mathOf(livebench))
    scores.set(name, { ...(scores.get(name) ?? NOTHING), math });
  const known = [...scores].filter(([, one]) => Object.values(one).some((value) => value !== null));
  return formatScores({ ...about(dates), scores: new Map(known) });
}

const NOTHING: ModelScores = {
  intelligence: null,
  math: null,
  coding: null,
  tokensPerS: null,
  ttftMs: null,
};

/** Rows of one model, under its own name first; the ids others sell it by are names too where no model is called so. */
function byName(rows: readonly LeaderboardRow[]): ReadonlyMap<string, readonly LeaderboardRow[]> {
  const groups = new Map<string, LeaderboardRow[]>();
  const add = (name: string, row: LeaderboardRow) => {
    const group = groups.get(name) ?? [];
    if (!group.includes(row)) group.push(row);
    groups.set(name, group);
  };
  for (const row of rows) add(nameOf(row), row);
  const own = new Set(groups.keys());
  for (const row of rows) {
    if (row.openrouter_id === null) continue;
    const sold = bare(scoreName(row.openrouter_id));
    if (!own.has(sold) && !MOVING.has(sold)) add(sold, row);
  }
  return groups;
}

function nameOf(row: LeaderboardRow): string {
  return bare(scoreName(EDITION.test(row.name) ? row.slug : row.name));
}

/** `instruct` is how the ordinary model is called where a thinking one stands beside it. */
function bare(name: string): string {
  return name
    .split(' ')
    .filter((word) => word !== 'instruct')
    .join(' ');
}

/** The best figure of any effort; the speed of the quickest, which is nearest to a request that asks for no thought. */
function together(rows: readonly LeaderboardRow[]): ModelScores {
  const best = (of: (row: LeaderboardRow) => number | null) => {
    const known = rows.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : Math.round(Math.max(...known) * 10) / 10;
  };
  const quickest = rows
    .filter(({ ttft }) => ttft !== null && ttft <= MAX_TTFT_S)
    .sort((a, b) => (a.ttft ?? 0) - (b.ttft ?? 0))[0];
  return {
    intelligence: best((row) => row.artificial_analysis_intelligence_index),
    math: null,
    coding: best((row) => row.artificial_analysis_coding_index),
    tokensPerS: quickest?.tps == null ? null : Math.round(quickest.tps * 10) / 10,
    ttftMs: quickest?.ttft == null ? null : Math.round(quickest.ttft * 1000),
  };
}

function mathOf(csv: string): ReadonlyMap<string, number> {
  const [head = '', ...lines] = csv.trim().split(/\r?\n/);
  const places = MATH_TASKS.map((task) => head.split(',').indexOf(task));
  const found = new Map<string, number>();
  for (const line of lines) {
    const cells = line.split(',');
    const name = scoreName((cells[0] ?? '').replace(ASKED, ''));
    const mean = places.reduce((sum, place) => sum + Number(cells[place]), 0) / places.length;
    const rounded = Math.round(mean * 10) / 10;
    if (Number.isFinite(mean)) found.set(name, Math.max(rounded, found.get(name) ?? 0));
  }
  return found;
}

function about(dates: {
  readonly leaderboard: string;
  readonly livebench: string;
}): Pick<ScoreFile, 'date' | 'sources'> {
  const leaderboard = {
    name: 'Artificial Analysis',
    url: 'https://artificialanalysis.ai',
    date: dates.leaderboard,
  };
  const speed = `of the effort that begins soonest, where that takes no more than ${MAX_TTFT_S} s`;
  return {
    date: [dates.leaderboard, dates.livebench].sort().at(-1) ?? '',
    sources: {
      intelligence: { ...leaderboard, says: 'Intelligence Index, 0..100, of the best effort' },
      math: {
        name: 'LiveBench',
        url: 'https://livebench.ai',
        date: dates.livebench,
        says: `mathematics, 0..100: the mean of ${MATH_TASKS.join(', ')}`,
      },
      coding: { ...leaderboard, says: 'Coding Index, 0..100, of the best effort' },
      tokensPerS: { ...leaderboard, says: `median output tokens a second ${speed}` },
      ttftMs: { ...leaderboard, says: `median milliseconds to the first token ${speed}` },
    },
  };
}

if (import.meta.main) {
  const [leaderboard, livebench] = process.argv.slice(2);
  if (leaderboard === undefined || livebench === undefined)
    throw new Error('Name the leaderboard (JSON) and the LiveBench table (CSV).');
  const dateIn = (path: string) =>
    /(\d{4})[-_](\d{2})[-_](\d{2})/.exec(path)?.slice(1).join('-') ?? '';
  const { models } = await Bun.file(leaderboard).json();
  const text = generate(models, await Bun.file(livebench).text(), {
    leaderboard: dateIn(leaderboard),
    livebench: dateIn(livebench),
  });
  await Bun.write(TARGET, text);
  console.log(`wrote ${TARGET.pathname}: ${text.length} bytes`);
}
