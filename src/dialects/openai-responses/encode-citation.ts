// A citation → an annotation of this wire.
import type { CollectedCitation } from '../../core/collect.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { DIALECT } from './hosted-tools.ts';

/** Null where it cites no URL, which is all this wire has a word for. @param length of the text it stands in. */
export function annotationOf(citation: CollectedCitation, length: number): JsonObject | null {
  const value = asObject(citation.value);
  if (value === undefined) return null;
  if (citation.dialect === DIALECT) return value;
  const cited = asObject(value.url_citation) ?? value;
  const url = asString(cited.url);
  if (url === undefined) return null;
  return {
    type: 'url_citation',
    start_index: asNumber(cited.start_index) ?? 0,
    end_index: asNumber(cited.end_index) ?? length,
    url,
    title: asString(cited.title) ?? '',
  };
}
