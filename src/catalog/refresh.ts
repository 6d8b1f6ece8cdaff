// `switchyard models refresh`: downloads the public list, converts and checks it, and only then replaces the file in use.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Price } from '../core/price.ts';
import { parseJson } from '../lib/json.ts';
import { type CatalogFile, type CatalogRecord, formatCatalog } from './catalog-file.ts';
import { fromModelsDev } from './from-models-dev.ts';
import { loadCatalogData, REFRESHED_NAME } from './load.ts';
import { parseCatalog } from './parse-catalog.ts';

const MODELS_DEV_URL = 'https://models.dev/api.json';

export interface RefreshOptions {
  readonly url?: string;
  readonly dataDir: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => Date;
  readonly timeoutMs?: number;
}

export interface Repriced {
  /** `provider/model`. */
  readonly id: string;
  readonly before: Price | null;
  readonly after: Price | null;
}

export type RefreshResult =
  | {
      readonly ok: true;
      readonly path: string;
      readonly date: string;
      readonly models: number;
      /** Rows of the source that could not be read and are not in the file. */
      readonly skipped: number;
      /** Compared with what was in use before; ids, sorted. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly repriced: readonly Repriced[];
    }
  /** Nothing was changed. */
  | { readonly ok: false; readonly reason: string };

const TIMEOUT_MS = 60_000;
/** A list that lost more than this share of what is in use is taken for a broken download, not for news. */
const MIN_SHARE = 0.5;

/** Never throws for a bad download or an unwritable folder: the reason is in the result, and what was in use stays. */
export async function refreshCatalog(options: RefreshOptions): Promise<RefreshResult> {
  const url = options.url ?? MODELS_DEV_URL;
  const body = await download(url, options);
  if (!body.ok) return body;
  const json = parseJson(body.text);
  if (json === undefined) return { ok: false, reason: `${url} did not answer with JSON` };
  const conversion = fromModelsDev(json, options.now().toISOString().slice(0, 10));
  if (!conversion.ok)
    return { ok: false, reason: `what ${url} sent is not a model list: ${conversion.problem}` };
  const { file, skipped } = conversion;
  const loaded = loadCatalogData(options.dataDir);
  const current = loaded.refreshed ?? loaded.base;
  if (file.models.length < current.models.length * MIN_SHARE) {
    return {
      ok: false,
      reason: `${url} sent only ${file.models.length} usable models where ${current.models.length} are known; that looks like a broken list`,
    };
  }
  const text = formatCatalog(file);
  // The file is read back as it will be at the next start: what is written can be loaded.
  const check = parseCatalog(parseJson(text));
  if (!check.ok) return { ok: false, reason: `the converted list is not sound: ${check.problem}` };
  const path = join(options.dataDir, REFRESHED_NAME);
  const problem = writeWhole(path, text, options.dataDir);
  if (problem !== null) return { ok: false, reason: problem };
  return {
    ok: true,
    path,
    date: file.date,
    models: file.models.length,
    skipped,
    ...compare(current, file),
  };
}

type Download =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

export async function download(
  url: string,
  options: Pick<RefreshOptions, 'fetch' | 'timeoutMs'>,
): Promise<Download> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  try {
    const response = await options.fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json' },
    });
    if (!response.ok) return { ok: false, reason: `${url} answered ${response.status}` };
    return { ok: true, text: await response.text() };
  } catch (thrown) {
    const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError';
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      ok: false,
      reason: timedOut
        ? `${url} did not answer within ${timeoutMs} ms`
        : `${url} could not be read: ${cause}`,
    };
  }
}

/** Writes beside the target and renames, so that a reader sees the old file or the new one. Null: done. */
export function writeWhole(path: string, text: string, dir: string): string | null {
  const partial = `${path}.partial-${process.pid}`;
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(partial, text);
    renameSync(partial, path);
    return null;
  } catch (thrown) {
    removeIfThere(partial);
    return `${path} could not be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // `force` does not cover a path that cannot exist; the reason that matters is the one for writing.
  }
}

function compare(
  before: CatalogFile,
  after: CatalogFile,
): Pick<Extract<RefreshResult, { ok: true }>, 'added' | 'removed' | 'repriced'> {
  const old = byId(before.models);
  const fresh = byId(after.models);
  const repriced: Repriced[] = [];
  for (const [id, { facts }] of fresh) {
    const was = old.get(id)?.facts;
    if (was && JSON.stringify(was.price) !== JSON.stringify(facts.price))
      repriced.push({ id, before: was.price, after: facts.price });
  }
  return {
    added: [...fresh.keys()].filter((id) => !old.has(id)).sort(),
    removed: [...old.keys()].filter((id) => !fresh.has(id)).sort(),
    repriced: repriced.sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function byId(models: readonly CatalogRecord[]): ReadonlyMap<string, CatalogRecord> {
  return new Map(
    models.map((record) => [`${record.facts.provider}/${record.facts.model}`, record]),
  );
}
