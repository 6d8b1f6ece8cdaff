// What an answer cites → url_citation annotations. Segments count bytes of UTF-8 in the whole text of the answer
// (recorded); annotations count characters as JavaScript does.
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';

/** The citations of a candidate: its grounding's, and those of text taken over from elsewhere. */
export function citationsOf(candidate: JsonObject, text: string): readonly JsonObject[] {
  const place = new Places(text);
  return [...grounded(asObject(candidate.groundingMetadata), place), ...copied(candidate, place)];
}

function grounded(grounding: JsonObject | undefined, place: Places): JsonObject[] {
  if (grounding === undefined) return [];
  const sources = asArray(grounding.groundingChunks).map(sourceOf);
  const cited = new Set<number>();
  const found: JsonObject[] = [];
  for (const support of asObjects(grounding.groundingSupports)) {
    for (const entry of asArray(support.groundingChunkIndices)) {
      const index = asNumber(entry) ?? -1;
      const source = sources[index];
      if (!source) continue;
      cited.add(index);
      found.push(annotation(source, place.of(asObject(support.segment))));
    }
  }
  // Sources that no stretch of the text is put down to are sources all the same.
  sources.forEach((source, index) => {
    if (source && !cited.has(index)) found.push(annotation(source, {}));
  });
  return found;
}

interface Source {
  readonly url: string;
  readonly title: string | undefined;
}

/** A page, a place on the map, or a document that has an address. */
function sourceOf(entry: Json): Source | null {
  const chunk = asObject(entry);
  const page = asObject(chunk?.web) ?? asObject(chunk?.maps) ?? asObject(chunk?.retrievedContext);
  const url = asString(page?.uri);
  return url === undefined || url === '' ? null : { url, title: asString(page?.title) };
}

/** `citationSources` on one API, `citations` on the other. */
function copied(candidate: JsonObject, place: Places): JsonObject[] {
  const metadata = asObject(candidate.citationMetadata);
  const entries = [...asObjects(metadata?.citationSources), ...asObjects(metadata?.citations)];
  return entries.flatMap((entry) => {
    const url = asString(entry.uri);
    if (url === undefined || url === '') return [];
    return [annotation({ url, title: asString(entry.title) }, place.of(entry))];
  });
}

function annotation({ url, title }: Source, span: JsonObject): JsonObject {
  return {
    type: 'url_citation',
    url_citation: { url, title: title ?? '', ...span } as JsonObject,
  };
}

/** Offsets in bytes → offsets in characters. */
class Places {
  readonly #bytes: Uint8Array;
  readonly #plain: boolean;

  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text);
    this.#plain = this.#bytes.length === text.length;
  }

  /** Empty where the segment says nothing, or not something within the text. */
  of(segment: JsonObject | undefined): JsonObject {
    const end = asNumber(segment?.endIndex);
    const start = asNumber(segment?.startIndex) ?? 0;
    if (end === undefined || end <= start || end > this.#bytes.length) return {};
    return { start_index: this.#chars(start), end_index: this.#chars(end) };
  }

  #chars(bytes: number): number {
    if (this.#plain) return bytes;
    return new TextDecoder().decode(this.#bytes.subarray(0, bytes)).length;
  }
}
