// Reads the catalogue at start: the built-in file, and the refreshed one of the data folder where it is there and sound.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { parseJson } from '../lib/json.ts';
import type { CatalogData, CatalogFile } from './catalog-file.ts';
import { type ParsedCatalog, parseCatalog } from './parse-catalog.ts';
import { loadScores } from './scores.ts';

const BUILT_IN = new URL('./catalog.generated.json', import.meta.url);
/** The refreshed file's name inside the data folder. */
export const REFRESHED_NAME = 'catalog.json';

/**
 * Never throws for what is in the data folder: a refreshed file that cannot be used is left aside, with a warning.
 * Synchronous: a few milliseconds at start and at a reload.
 */
export function loadCatalogData(dataDir: string): CatalogData {
  return { ...loadModels(dataDir), scores: loadScores(dataDir) };
}

function loadModels(dataDir: string): CatalogData {
  const base = builtInCatalog();
  const path = join(dataDir, REFRESHED_NAME);
  const text = readText(path);
  if (text === null) return { base, refreshed: null, warning: null };
  const parsed = parseText(text);
  if (!parsed.ok) {
    const warning = `${path} is not used: ${parsed.problem}. The built-in catalogue of ${base.date} serves; run "switchyard models refresh" to replace the file.`;
    return { base, refreshed: null, warning };
  }
  // After an upgrade the built-in figures may be the newer ones.
  return { base, refreshed: parsed.file.date < base.date ? null : parsed.file, warning: null };
}

export function builtInCatalog(): CatalogFile {
  const parsed = parseText(readFileSync(BUILT_IN, 'utf8'));
  // Only a broken installation gets here: the file is part of the program and tested.
  if (!parsed.ok)
    throw new GatewayError(
      'internal',
      `The built-in model catalogue is damaged: ${parsed.problem}. Install again.`,
    );
  return parsed.file;
}

function parseText(text: string): ParsedCatalog {
  const json = parseJson(text);
  return json === undefined ? { ok: false, problem: 'it is not JSON' } : parseCatalog(json);
}

/** Null where the file is not there or not readable (a data folder that cannot be read is reported elsewhere). */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
