// Reranking by how many words of the query stand in a document.
import { asArray, asNumber, asObject, asString, type Json } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

export function rank({ fields, behaviour }: OperationAsk): OperationAnswer | Refused {
  const query = asString(fields.query);
  if (query === undefined) return new Refused('invalid request: query must not be empty', 'query');
  const words = new Set(wordsOf(query));
  const scored = asArray(fields.documents).map((document, index) => {
    const found = new Set(wordsOf(textOf(document)).filter((word) => words.has(word)));
    return { index, relevance_score: found.size / (words.size || 1) };
  });
  scored.sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index);
  const results = scored.slice(0, asNumber(fields.top_n) ?? scored.length);
  const meta = { api_version: { version: '2' }, billed_units: { search_units: 1 } };
  return json({ id: 'rerank-simulated', results, ...(behaviour.usage === 'none' ? {} : { meta }) });
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/\W+/)
    .filter((word) => word !== '');
}

function textOf(document: Json): string {
  return asString(document) ?? asString(asObject(document)?.text) ?? '';
}
