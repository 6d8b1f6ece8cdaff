// models.dev's data → our catalogue. The generator of the built-in file and `models refresh` both use this.
import type { Effort } from '../core/call.ts';
import type { Modality, ModelFacts, ThinkingRange } from '../core/model.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../lib/json.ts';
import { RATE_RULES } from './billing-rules.ts';
import type { CatalogFile, CatalogRecord } from './catalog-file.ts';
import { convertPrice } from './convert-price.ts';
import { makerName, makerOf } from './model-names.ts';
import { SERVICE_RULES } from './tier-rules.ts';
import { PROVIDER_IDS, REACHED_THROUGH } from './vendor-names.ts';

export type Conversion =
  | { readonly ok: true; readonly file: CatalogFile; readonly skipped: number }
  | { readonly ok: false; readonly problem: string };

const SOURCE = 'https://models.dev/api.json';
const LICENCE = 'MIT (https://github.com/anomalyco/models.dev/blob/dev/LICENSE)';
const SNAPSHOT_DATE = /\d{4}-\d{2}-\d{2}/;
const ISO_DATE = /^\d{4}-\d{2}(-\d{2})?$/;
const MODALITIES: ReadonlySet<string> = new Set(['text', 'image', 'audio', 'video', 'pdf']);

/** Smallest first; other words in the source are not ours to send. */
const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

interface SourceRow {
  readonly provider: string;
  readonly model: string;
  readonly row: JsonObject;
}

/**
 * Converts models.dev's public `api.json` (`{provider: {models: {id: {…}}}}`) or a flat list of the same rows
 * (`{source, models: [{provider, model, …}]}`, provider ids already ours). Providers we do not know are left out; a model
 * that cannot be read is skipped and counted. A flat list's own date wins over `date` (ISO, the day of the download).
 */
export function fromModelsDev(json: unknown, date: string): Conversion {
  const root = asObject(json);
  if (!root) return { ok: false, problem: 'it is not a JSON object' };
  const flat = Array.isArray(root.models);
  const rows = flat ? flatRows(root.models) : providerRows(root);
  const records = new Map<string, CatalogRecord>();
  let skipped = 0;
  for (const source of rows) {
    const record = convert(source);
    if (record) records.set(`${source.provider}/${source.model}`, record);
    else skipped++;
  }
  if (records.size === 0) return { ok: false, problem: 'it holds no model of a known provider' };
  const models = [...records.values()];
  const ownDate = flat ? SNAPSHOT_DATE.exec(asString(root.source) ?? '')?.[0] : undefined;
  const file = {
    source: SOURCE,
    licence: LICENCE,
    date: ownDate ?? date,
    rules: rulesUsed(models),
    models,
  };
  return { ok: true, file, skipped };
}

function* providerRows(root: JsonObject): Iterable<SourceRow> {
  for (const [theirs, value] of Object.entries(root)) {
    const provider = PROVIDER_IDS[theirs];
    if (provider === undefined) continue;
    for (const [model, row] of Object.entries(asObject(asObject(value)?.models) ?? {})) {
      if (isObject(row)) yield { provider: reachedThrough(provider, model), model, row };
    }
  }
}

function* flatRows(models: Json | undefined): Iterable<SourceRow> {
  const ours = new Set(Object.values(PROVIDER_IDS));
  for (const row of asArray(models)) {
    if (!isObject(row)) continue;
    const theirs = asString(row.provider) ?? '';
    const provider = ours.has(theirs) ? theirs : PROVIDER_IDS[theirs];
    const model = asString(row.model);
    if (provider !== undefined && model !== undefined)
      yield { provider: reachedThrough(provider, model), model, row };
  }
}

function reachedThrough(provider: string, model: string): string {
  const moved = REACHED_THROUGH.find(([from, models]) => from === provider && models.test(model));
  return moved?.[2] ?? provider;
}

function convert({ provider, model, row }: SourceRow): CatalogRecord | null {
  const inputs = modalitiesOf(row, 'input');
  const outputs = modalitiesOf(row, 'output');
  if (inputs.length === 0 || outputs.length === 0) return null;
  const limit = asObject(row.limit);
  const maker = makerOf(provider, model);
  // models.dev has no word for vectors: its embedding models "output text".
  const embeds = /embed/i.test(`${model} ${asString(row.family) ?? ''}`);
  const { price, derived } = convertPrice(asObject(row.cost), {
    provider,
    model,
    maker,
    embeds,
    outputs,
  });
  const facts: ModelFacts = {
    provider,
    model,
    name: asString(row.name) ?? model,
    context: tokens(limit?.context),
    maxOutput: tokens(limit?.output),
    input: inputs,
    output: embeds ? ['embedding'] : outputs,
    abilities: {
      tools: flag(row.tool_call),
      reasoning: flag(row.reasoning),
      structuredOutput: flag(row.structured_output),
      temperature: flag(row.temperature),
    },
    price,
    released: isoDate(row.release_date),
    knowledge: isoDate(row.knowledge),
    maker,
    makerName: makerName(maker),
    thinking: thinkingOf(row.reasoning_options),
  };
  return { facts, derived };
}

function modalitiesOf(row: JsonObject, side: 'input' | 'output'): readonly Modality[] {
  return asArray(asObject(row.modalities)?.[side]).filter((value): value is Modality =>
    MODALITIES.has(asString(value) ?? ''),
  );
}

/** models.dev writes 0 where a limit is not known. */
function tokens(value: Json | undefined): number | null {
  const number = asNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number > 0 ? number : null;
}

function flag(value: Json | undefined): boolean | null {
  if (isObject(value)) return flag(value.supported);
  return typeof value === 'boolean' ? value : null;
}

function isoDate(value: Json | undefined): string | null {
  const text = asString(value);
  return text !== undefined && ISO_DATE.test(text) ? text : null;
}

function thinkingOf(options: Json | undefined): ThinkingRange | null {
  let efforts: readonly Effort[] | null = null;
  let budget: JsonObject | undefined;
  for (const option of asArray(options)) {
    if (!isObject(option)) continue;
    if (option.type === 'effort')
      efforts = EFFORTS.filter((effort) => asArray(option.values).includes(effort));
    if (option.type === 'budget_tokens') budget = option;
  }
  if (efforts === null && budget === undefined) return null;
  return { efforts, minBudget: tokens(budget?.min), maxBudget: tokens(budget?.max) };
}

function rulesUsed(models: readonly CatalogRecord[]): CatalogFile['rules'] {
  const used = new Set(models.flatMap((record) => record.derived));
  return Object.fromEntries(
    [...RATE_RULES, ...SERVICE_RULES]
      .filter((rule) => used.has(rule.id))
      .map(({ id, says, source }) => [id, { says, source }]),
  );
}
