// `switchyard models refresh --scores URL`: downloads a score table, checks it, and only then replaces the one in use.
import { join } from 'node:path';
import { parseJson } from '../lib/json.ts';
import { download, type RefreshOptions, writeWhole } from './refresh.ts';
import { formatScores, parseScores } from './score-file.ts';
import { builtInScores, SCORES_NAME } from './scores.ts';

export type ScoresRefreshed =
  | {
      readonly ok: true;
      readonly path: string;
      readonly date: string;
      readonly models: number;
    }
  /** Nothing was changed. */
  | { readonly ok: false; readonly reason: string };

/** The table has the form of the built-in one. Never throws for a bad download or an unwritable folder. */
export async function refreshScores(
  options: Pick<RefreshOptions, 'dataDir' | 'fetch' | 'timeoutMs'> & { readonly url: string },
): Promise<ScoresRefreshed> {
  const { url, dataDir } = options;
  const body = await download(url, options);
  if (!body.ok) return body;
  const parsed = parseScores(parseJson(body.text));
  if (!parsed.ok)
    return { ok: false, reason: `what ${url} sent is no score table: ${parsed.problem}` };
  const { file } = parsed;
  const { date } = builtInScores();
  if (file.date < date)
    return { ok: false, reason: `${url} is of ${file.date}, the built-in scores are of ${date}` };
  const path = join(dataDir, SCORES_NAME);
  const problem = writeWhole(path, formatScores(file), dataDir);
  if (problem !== null) return { ok: false, reason: problem };
  return { ok: true, path, date: file.date, models: file.scores.size };
}
