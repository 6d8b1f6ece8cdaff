// What vectors are for, in each vendor's words. The endpoint's own form has no such field; `input_type` is what others call it.
import { GatewayError } from '../../core/errors.ts';
import { asString, type JsonObject } from '../../lib/json.ts';

/** The vendors' words for one purpose: Cohere's, Gemini's (Vertex' too), Nova's. */
interface Purpose {
  readonly cohere: string;
  readonly gemini: string;
  readonly nova: string;
}

const DOCUMENT: Purpose = {
  cohere: 'search_document',
  gemini: 'RETRIEVAL_DOCUMENT',
  nova: 'GENERIC_INDEX',
};
const QUERY: Purpose = {
  cohere: 'search_query',
  gemini: 'RETRIEVAL_QUERY',
  nova: 'GENERIC_RETRIEVAL',
};
const CLASSIFICATION: Purpose = {
  cohere: 'classification',
  gemini: 'CLASSIFICATION',
  nova: 'CLASSIFICATION',
};
const CLUSTERING: Purpose = { cohere: 'clustering', gemini: 'CLUSTERING', nova: 'CLUSTERING' };

/** By every word callers use for it: Cohere's, Voyage's, NVIDIA's, Gemini's. */
const BY_WORD: { readonly [word: string]: Purpose } = {
  search_document: DOCUMENT,
  document: DOCUMENT,
  passage: DOCUMENT,
  retrieval_document: DOCUMENT,
  generic_index: DOCUMENT,
  search_query: QUERY,
  query: QUERY,
  retrieval_query: QUERY,
  generic_retrieval: QUERY,
  classification: CLASSIFICATION,
  clustering: CLUSTERING,
};

/** The caller's purpose in the vendor's words; a word we do not know stays as it is. Null where none is named. */
export function purposeFor(vendor: keyof Purpose, fields: JsonObject): string | null {
  const asked = fields.input_type ?? fields.task_type ?? fields.taskType;
  if (asked === undefined || asked === null) return null;
  const word = asString(asked);
  if (word === undefined)
    throw new GatewayError('invalid_request', 'input_type must be a string', {
      param: 'input_type',
    });
  return BY_WORD[word.toLowerCase()]?.[vendor] ?? word;
}
