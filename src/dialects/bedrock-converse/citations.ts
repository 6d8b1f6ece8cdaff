// Citations: this wire's → the terms callers' wires have for them, and back. A web page becomes OpenAI's url_citation; a place
// in a document Anthropic's citation of that kind, which says the same; any other stays as it is.
import type { BlockDelta } from '../../core/event.ts';
import { asNumber, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';

type Citation = Extract<BlockDelta, { kind: 'citation' }>;

/** Where in a document: this wire's member of `location`, the other wire's type, and the names of its two ends. */
const PLACES = [
  ['documentChar', 'char_location', 'start_char_index', 'end_char_index'],
  ['documentPage', 'page_location', 'start_page_number', 'end_page_number'],
  ['documentChunk', 'content_block_location', 'start_block_index', 'end_block_index'],
] as const;

export function decodeCitation(citation: JsonObject): Citation {
  const { location } = citation;
  const title = asString(citation.title);
  const url = asString(asObject(asObject(location)?.web)?.url);
  if (url !== undefined) {
    const url_citation = { url, ...(title === undefined ? {} : { title }) };
    return {
      kind: 'citation',
      dialect: 'openai-chat',
      value: { type: 'url_citation', url_citation },
    };
  }
  for (const [member, type, start, end] of PLACES) {
    const place = asObject(asObject(location)?.[member]);
    if (place === undefined) continue;
    const value = {
      type,
      cited_text: citedText(citation),
      document_index: asNumber(place.documentIndex) ?? 0,
      document_title: title ?? null,
      [start]: asNumber(place.start) ?? 0,
      [end]: asNumber(place.end) ?? 0,
    };
    return { kind: 'citation', dialect: 'anthropic-messages', value };
  }
  return { kind: 'citation', dialect: 'bedrock-converse', value: citation };
}

/** One citation as this wire writes it; null where it is of a kind that it has not. */
export function encodeCitation(dialect: string, citation: JsonObject): JsonObject | null {
  if (dialect === 'bedrock-converse') return citation;
  if (dialect === 'openai-chat') {
    const cited = asObject(citation.url_citation);
    const url = asString(cited?.url);
    if (url === undefined) return null;
    const title = asString(cited?.title);
    return { ...(title === undefined ? {} : { title }), location: { web: { url } } };
  }
  for (const [member, type, start, end] of PLACES) {
    if (citation.type !== type) continue;
    const title = asString(citation.document_title);
    const text = asString(citation.cited_text);
    return {
      ...(title === undefined ? {} : { title }),
      ...(text === undefined ? {} : { sourceContent: [{ text }] }),
      location: {
        [member]: {
          documentIndex: asNumber(citation.document_index) ?? 0,
          start: asNumber(citation[start]) ?? 0,
          end: asNumber(citation[end]) ?? 0,
        },
      },
    };
  }
  return null;
}

function citedText({ sourceContent }: JsonObject): string {
  return asObjects(sourceContent)
    .map(({ text }) => asString(text) ?? '')
    .join('');
}
