// Our catalogue on disk: what it holds, and its text. One line a model, compact columns, source, licence and date on top.
import type { Abilities, Modality, ModelFacts, ThinkingRange } from '../core/model.ts';
import type { JsonObject } from '../lib/json.ts';
import type { ScoreData } from './scores.ts';

/** One model's facts, and the ids of the rules some of its rates were derived by. */
export interface CatalogRecord {
  readonly facts: ModelFacts;
  readonly derived: readonly string[];
}

export interface CatalogFile {
  /** Where the figures come from, under which licence, and of which day (ISO). */
  readonly source: string;
  readonly licence: string;
  readonly date: string;
  /** Rule id → what it says and the page that says it. */
  readonly rules: { readonly [id: string]: { readonly says: string; readonly source: string } };
  /** By provider, then by model. */
  readonly models: readonly CatalogRecord[];
}

/** What a catalogue is built from. */
export interface CatalogData {
  /** The built-in file. */
  readonly base: CatalogFile;
  /** The data folder's file; null where there is none, it is older than the built-in one, or it cannot be used. */
  readonly refreshed: CatalogFile | null;
  /** What models score; absent: as the built-in table has it. */
  readonly scores?: ScoreData;
  /** Why a refreshed file that is there is not used; worth telling the operator. */
  readonly warning: string | null;
}

/** Raised when the columns change: a refreshed file of another format is left aside. */
export const FORMAT = 1;
export const COLUMNS =
  'model name context maxOutput input output can price released knowledge maker thinking derived';
const UNIT = 'US dollars per million tokens; search and request: per thousand';

/** How a list of modalities is written: one letter each. */
export const MODALITIES: readonly (readonly [letter: string, modality: Modality])[] = [
  ['t', 'text'],
  ['i', 'image'],
  ['a', 'audio'],
  ['v', 'video'],
  ['p', 'pdf'],
  ['e', 'embedding'],
];
/** The order of the marks in `can`: 1 yes, 0 no, ? not known. */
export const ABILITIES: readonly (keyof Abilities)[] = [
  'tools',
  'reasoning',
  'structuredOutput',
  'temperature',
];

/** The file's text: stable order, the same for the same facts. */
export function formatCatalog(file: CatalogFile): string {
  const head = {
    format: FORMAT,
    about: 'Public facts about models: prices, limits, abilities. Generated; do not edit.',
    source: file.source,
    licence: file.licence,
    date: file.date,
    unit: UNIT,
    rules: file.rules,
    columns: COLUMNS,
  };
  const providers = new Map<string, string[]>();
  for (const record of [...file.models].sort((a, b) => byId(a.facts, b.facts))) {
    const rows = providers.get(record.facts.provider) ?? [];
    rows.push(JSON.stringify(toRow(record)));
    providers.set(record.facts.provider, rows);
  }
  const bodies = [...providers].map(
    ([id, rows]) => `${JSON.stringify(id)}: [\n${rows.join(',\n')}\n]`,
  );
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "providers": {\n${bodies.join(',\n')}\n}\n}\n`;
}

/** By provider, then by model, by code unit: the same on every machine. */
export function byId(a: ModelFacts, b: ModelFacts): number {
  if (a.provider !== b.provider) return a.provider < b.provider ? -1 : 1;
  if (a.model === b.model) return 0;
  return a.model < b.model ? -1 : 1;
}

function toRow({ facts, derived }: CatalogRecord): readonly unknown[] {
  const row = [
    facts.model,
    facts.name === facts.model ? null : facts.name,
    facts.context,
    facts.maxOutput,
    letters(facts.input),
    letters(facts.output),
    ABILITIES.map((ability) => mark(facts.abilities[ability])).join(''),
    facts.price,
    facts.released,
    facts.knowledge,
    facts.maker ?? null,
    thinkingCell(facts.thinking ?? null),
    derived.length === 0 ? null : derived.join(' '),
  ];
  while (row[row.length - 1] === null) row.pop();
  return row;
}

/** Without its unknowns: most models have one of the two. */
function thinkingCell(thinking: ThinkingRange | null): JsonObject | null {
  if (thinking === null) return null;
  return Object.fromEntries(Object.entries(thinking).filter(([, value]) => value !== null));
}

function letters(list: readonly Modality[]): string {
  return MODALITIES.map(([letter, modality]) => (list.includes(modality) ? letter : '')).join('');
}

function mark(value: boolean | null): string {
  if (value === null) return '?';
  return value ? '1' : '0';
}
