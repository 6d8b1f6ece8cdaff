// What an answer cites → citation deltas: sources with an address in the terms every wire knows, others as they are.
import type { DialectId } from '../../core/dialect.ts';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';

interface Citation {
  readonly dialect: DialectId;
  readonly value: Json;
}

/** One for each source with an address; the citation itself where none has one. */
export function citationsOf(citation: JsonObject): Citation[] {
  // "THINKING_CONTENT" and "PLAN" cite in what the model thought.
  const kind = asString(citation.type);
  if (kind !== undefined && kind !== 'TEXT_CONTENT') return [];
  const found: Citation[] = [];
  for (const source of asObjects(citation.sources)) {
    const document = asObject(source.document) ?? asObject(source.tool_output);
    const url = asString(document?.url);
    if (url === undefined || url === '') continue;
    found.push({ dialect: 'openai-chat', value: urlCitation(citation, url, document) });
  }
  return found.length > 0 ? found : [{ dialect: 'cohere', value: citation as Json }];
}

function urlCitation(citation: JsonObject, url: string, document: JsonObject | undefined): Json {
  const start = asNumber(citation.start);
  const end = asNumber(citation.end);
  return {
    type: 'url_citation',
    url_citation: {
      url,
      title: asString(document?.title) ?? '',
      ...(start === undefined ? {} : { start_index: start }),
      ...(end === undefined ? {} : { end_index: end }),
    },
  };
}
