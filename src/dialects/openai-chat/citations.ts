// Citations: this wire's `annotations` (url_citation) ↔ citation deltas, and other dialects' citations in its terms.
import type { CollectedCitation } from '../../core/collect.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';

/** What an answer cites, where a vendor names sources at the top level instead of annotating the message. */
export function sourcesOf(body: JsonObject): JsonObject[] {
  const results = asObjects(body.search_results);
  const urls = asArray(body.citations);
  const titles = new Map(results.map((result) => [asString(result.url), asString(result.title)]));
  const found =
    urls.length > 0
      ? urls.map((entry) => asString(entry) ?? asString(asObject(entry)?.url))
      : [...titles.keys()];
  return found.filter((url) => url !== undefined).map((url) => urlCitation(url, titles.get(url)));
}

function urlCitation(url: string, title: string | undefined): JsonObject {
  return { type: 'url_citation', url_citation: { url, ...(title === undefined ? {} : { title }) } };
}

/**
 * A citation as an annotation; null where it cites no URL, which this wire cannot say.
 * @param start where the cited text stands in the whole content, in characters; `end` exclusive.
 */
export function annotation(
  citation: CollectedCitation,
  start: number,
  end: number,
): JsonObject | null {
  const value = asObject(citation.value);
  if (!value) return null;
  if (citation.dialect === 'openai-chat') return value;
  const url = asString(value.url) ?? asString(asObject(value.url_citation)?.url);
  if (url === undefined) return null;
  const content = asString(value.cited_text);
  return {
    type: 'url_citation',
    url_citation: {
      url,
      title: asString(value.title) ?? '',
      start_index: start,
      end_index: end,
      ...(content === undefined ? {} : { content }),
    },
  };
}

/** The entries of `annotations`. */
export function annotationsOf(value: Json | undefined): readonly JsonObject[] {
  return asObjects(value);
}
