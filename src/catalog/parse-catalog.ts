// A catalogue file's JSON → facts, checked row by row. Runs at every start, so it does no more than it must.
import type { Effort } from '../core/call.ts';
import type { Abilities, Modality, ThinkingRange } from '../core/model.ts';
import type { Price } from '../core/price.ts';
import { asObject, asString, isObject, type Json, type JsonObject } from '../lib/json.ts';
import {
  ABILITIES,
  type CatalogFile,
  type CatalogRecord,
  COLUMNS,
  FORMAT,
  MODALITIES,
} from './catalog-file.ts';
import { makerName } from './model-names.ts';

export type ParsedCatalog =
  | { readonly ok: true; readonly file: CatalogFile }
  | { readonly ok: false; readonly problem: string };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Dollars per million tokens: no model costs a tenth of a dollar a token. */
const MAX_RATE = 1e5;
const BESIDES_RATES: ReadonlySet<string> = new Set(['tiers', 'services', 'above']);

/** Reads a parsed catalogue file; says what is wrong with the first thing that is. */
export function parseCatalog(json: unknown): ParsedCatalog {
  const root = asObject(json);
  if (!root) return { ok: false, problem: 'it is not a JSON object' };
  if (root.format !== FORMAT) {
    return {
      ok: false,
      problem: `its format is ${JSON.stringify(root.format ?? null)}, this version reads ${FORMAT}`,
    };
  }
  const { source, licence, date } = root;
  if (typeof source !== 'string' || typeof licence !== 'string') {
    return { ok: false, problem: 'its source or licence is missing' };
  }
  if (typeof date !== 'string' || !DATE.test(date))
    return { ok: false, problem: 'its date is missing' };
  const providers = asObject(root.providers);
  if (!providers) return { ok: false, problem: '"providers" is missing' };
  const models: CatalogRecord[] = [];
  for (const provider in providers) {
    const rows = providers[provider];
    if (!Array.isArray(rows)) return { ok: false, problem: `providers.${provider} is not a list` };
    for (const row of rows as readonly Json[]) {
      const record = Array.isArray(row) ? fromRow(provider, row) : null;
      if (record === null) {
        const index = (rows as readonly Json[]).indexOf(row);
        return {
          ok: false,
          problem: `providers.${provider}[${index}] is not a row of "${COLUMNS}"`,
        };
      }
      models.push(record);
    }
  }
  if (models.length === 0) return { ok: false, problem: 'it holds no models' };
  return { ok: true, file: { source, licence, date, rules: readRules(root.rules), models } };
}

/** Null where the row is none: a name or list that is not text, a limit that is no count, a price that cannot be one. */
function fromRow(provider: string, row: readonly (Json | undefined)[]): CatalogRecord | null {
  const model = row[0];
  const input = row[4];
  const output = row[5];
  const can = row[6];
  if (typeof model !== 'string' || typeof input !== 'string' || typeof output !== 'string')
    return null;
  const price = row[7] ?? null;
  if (typeof can !== 'string' || !isLimit(row[2]) || !isLimit(row[3]) || !isPriceOrNull(price))
    return null;
  const maker = asString(row[10]) ?? null;
  return {
    facts: {
      provider,
      model,
      name: asString(row[1]) ?? model,
      context: row[2] ?? null,
      maxOutput: row[3] ?? null,
      input: modalities(input),
      output: modalities(output),
      abilities: abilities(can),
      price,
      released: asString(row[8]) ?? null,
      knowledge: asString(row[9]) ?? null,
      maker,
      makerName: makerName(maker),
      thinking: readThinking(row[11]),
    },
    derived: typeof row[12] === 'string' ? row[12].split(' ') : NONE,
  };
}

const NONE: readonly string[] = [];

function isLimit(value: Json | undefined): value is number | null | undefined {
  return (
    value === null || value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)
  );
}

function isPriceOrNull(json: unknown): json is Price | null {
  if (json === null) return true;
  if (!isObject(json) || !isTiered(json)) return false;
  if (json.services === undefined) return true;
  if (!isObject(json.services)) return false;
  for (const tier in json.services) {
    const rates = json.services[tier];
    if (!isObject(rates) || !isTiered(rates)) return false;
  }
  return true;
}

function isTiered(json: JsonObject): boolean {
  if (!ratesAreSound(json, BESIDES_RATES)) return false;
  if (json.tiers === undefined) return true;
  if (!Array.isArray(json.tiers)) return false;
  let last = 0;
  for (const tier of json.tiers as readonly Json[]) {
    if (!isObject(tier) || !ratesAreSound(tier, BESIDES_RATES)) return false;
    if (typeof tier.above !== 'number' || tier.above <= last) return false;
    last = tier.above;
  }
  return true;
}

/** Input and output must be said, if only as null; every rate is null or a figure that can be one. */
function ratesAreSound(rates: JsonObject, besides: ReadonlySet<string>): boolean {
  if (rates.input === undefined || rates.output === undefined) return false;
  for (const name in rates) {
    const rate = rates[name];
    if (rate === null || besides.has(name)) continue;
    if (typeof rate !== 'number' || !(rate >= 0) || rate >= MAX_RATE) return false;
  }
  return true;
}

function readThinking(json: Json | undefined): ThinkingRange | null {
  if (!isObject(json)) return null;
  const { efforts, minBudget, maxBudget } = json;
  return {
    efforts: Array.isArray(efforts) ? (efforts as readonly Effort[]) : null,
    minBudget: typeof minBudget === 'number' ? minBudget : null,
    maxBudget: typeof maxBudget === 'number' ? maxBudget : null,
  };
}

function readRules(json: Json | undefined): CatalogFile['rules'] {
  const rules: { [id: string]: { says: string; source: string } } = {};
  for (const [id, rule] of Object.entries(asObject(json) ?? {})) {
    const { says, source } = asObject(rule) ?? {};
    if (typeof says === 'string' && typeof source === 'string') rules[id] = { says, source };
  }
  return rules;
}

// There are few different lists and sets of abilities: each is made once and shared.
const knownModalities = new Map<string, readonly Modality[]>();
const knownAbilities = new Map<string, Abilities>();

function modalities(text: string): readonly Modality[] {
  let list = knownModalities.get(text);
  if (!list) {
    list = MODALITIES.filter(([letter]) => text.includes(letter)).map(([, modality]) => modality);
    knownModalities.set(text, list);
  }
  return list;
}

function abilities(text: string): Abilities {
  let found = knownAbilities.get(text);
  if (!found) {
    const marks = ABILITIES.map((ability, index) => [ability, unmark(text[index])]);
    found = Object.fromEntries(marks) as unknown as Abilities;
    knownAbilities.set(text, found);
  }
  return found;
}

function unmark(character: string | undefined): boolean | null {
  if (character === '1') return true;
  return character === '0' ? false : null;
}
