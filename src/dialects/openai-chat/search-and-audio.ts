// Options of ours that ask for an effect: a web search, spoken output. Where the target has it natively they become its
// own fields; elsewhere they are named as lost.
import type { Target } from '../../core/dialect.ts';
import { asArray, asObject, type JsonRecord } from '../../lib/json.ts';
import type { FieldEdits } from './field-edits.ts';

/** Members of `web_search` that mean the same in `web_search_options`. */
const SEARCH_MEMBERS = ['search_context_size', 'user_location'] as const;

export function fitSearchAndAudio(edits: FieldEdits, target: Target): void {
  fitSearch(edits, target);
  // Spoken output is the wire's own when the modalities ask for it; otherwise it is a voice of the gateway's.
  if (edits.get('audio') !== undefined && !asArray(edits.get('modalities')).includes('audio')) {
    edits.drop('audio');
    edits.lose('audio: spoken output needs "modalities" with "audio" and a model that speaks');
  }
}

function fitSearch(edits: FieldEdits, target: Target): void {
  const search = edits.get('web_search');
  edits.drop('web_search');
  const wanted = search !== undefined && search !== false;
  if (target.quirks.webSearchOptions === true) {
    if (wanted && edits.get('web_search_options') === undefined) {
      const given = asObject(search) ?? {};
      const kept = SEARCH_MEMBERS.filter((name) => given[name] !== undefined).map((name) => [
        name,
        given[name],
      ]);
      edits.put('web_search_options', Object.fromEntries(kept) as JsonRecord);
    }
    return;
  }
  if (wanted) edits.lose(`web_search: ${target.provider} does not search the web itself`);
  if (edits.get('web_search_options') === undefined) return;
  edits.drop('web_search_options');
  edits.lose(`web_search_options: ${target.provider} does not search the web itself`);
}
