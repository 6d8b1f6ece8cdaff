// What a router puts to a request where it says nothing of it, in the members that several wires have in common.
import type { Dressing } from '../core/dressing.ts';
import type { GenerationConfig } from '../core/router.ts';
import { asObject, type Json, type JsonRecord } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';
import { asksNothing } from './asks-nothing.ts';
import { type BodyEdits, written } from './body-edits.ts';
import { optionThinks } from './survey-notes.ts';

/** @param others what says the same on the wire */
export function putAbsent(
  edits: BodyEdits,
  name: string,
  value: Json | undefined,
  others: readonly string[] = [],
): void {
  if (value === undefined || asksNothing(value)) return;
  if ([name, ...others].some((said) => edits.get(said) !== undefined)) return;
  edits.put(name, written(value));
}

/** As our own `reasoning`; one that does not say how much to think gets what it lacks. */
export function putReasoning(edits: BodyEdits, asked: GenerationConfig['reasoning']): void {
  const { effort, maxTokens, exclude } = asked ?? {};
  const members: JsonRecord = {
    ...(effort === undefined ? {} : { effort }),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(exclude === undefined ? {} : { exclude }),
  };
  if (Object.keys(members).length === 0) return;
  const said = edits.get('reasoning');
  if (said === undefined) {
    edits.put('reasoning', written(members));
    return;
  }
  const own = asObject(said);
  if (own === undefined || optionThinks(own) !== null) return;
  const missing = Object.entries(members).filter(([name]) => (own[name] ?? null) === null);
  if (missing.length === 0) return;
  const set = new Map(missing.map(([name, value]) => [name, JSON.stringify(value)]));
  const value = { ...own, ...Object.fromEntries(missing) };
  edits.put('reasoning', { raw: spliceObject(edits.raw('reasoning'), { set }), value });
}

/** Where the request says nothing of a search in either way. Options without members ask for one all the same. */
export function putSearch(
  edits: BodyEdits,
  { webSearch, webSearchOptions }: Dressing['search'],
): void {
  const names = ['web_search', 'web_search_options'];
  if (names.some((name) => edits.get(name) !== undefined)) return;
  if (webSearch !== undefined && webSearch !== false)
    edits.put('web_search', written(webSearch as Json));
  if (webSearchOptions !== undefined)
    edits.put('web_search_options', written(webSearchOptions as JsonRecord));
}

/** Instructions before the caller's own, where these are one text or none; true where they were. */
export function putInstructions(edits: BodyEdits, name: string, texts: readonly string[]): boolean {
  const text = texts.join('\n\n');
  if (text === '') return true;
  const own = edits.get(name);
  if (own === undefined || own === '') {
    edits.put(name, written(text));
    return true;
  }
  if (typeof own !== 'string') return false;
  const before = `${text}\n\n`;
  const raw = JSON.stringify(before).slice(0, -1) + edits.raw(name).slice(1);
  edits.put(name, { raw, value: before + own });
  return true;
}

/** Values of settings that ask for nothing. */
const DEFAULTS: GenerationConfig = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/** The settings a wire has no word for, as far as they ask for anything the request does not. */
export function unsaidOf(
  edits: BodyEdits,
  generation: GenerationConfig,
  names: { readonly [N in keyof GenerationConfig]?: string },
): (keyof GenerationConfig)[] {
  return (Object.keys(names) as (keyof GenerationConfig)[]).filter(
    (name) =>
      !asksNothing(generation[name] as Json | undefined) &&
      generation[name] !== DEFAULTS[name] &&
      edits.get(names[name] ?? name) === undefined,
  );
}
