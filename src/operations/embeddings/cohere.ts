// Cohere's /v2/embed (docs.cohere.com/reference/embed).
import type { OperationWire } from '../../core/operation.ts';
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { needTexts } from '../checks.ts';
import { servedPath } from '../forward-request.ts';
import { inputOnly } from '../usage.ts';
import { lossesOf } from './losses.ts';
import { purposeFor } from './purpose.ts';
import { vectorReply } from './vectors.ts';

export const COHERE_FIELDS: ReadonlySet<string> = new Set([
  'dimensions',
  'input_type',
  'task_type',
  'taskType',
  'truncate',
  'max_tokens',
]);

/** `input_type` must be there for models from v3 on: vectors of documents are what most callers make. */
const DEFAULT_PURPOSE = 'search_document';

export const cohereEmbeddings: OperationWire = {
  encode(call, target) {
    const body = {
      model: target.model,
      ...cohereBody(call.fields, needTexts(call.fields.input, target.provider)),
      embedding_types: ['float'],
    };
    const path = servedPath(target, '/embed');
    return {
      requests: [{ path, body: JSON.stringify(body) }],
      losses: lossesOf(call, COHERE_FIELDS),
    };
  },
  decode([reply], call, { model }) {
    const billed = asObject(asObject(reply?.body.meta)?.billed_units);
    return vectorReply(
      call,
      model,
      cohereVectors(reply?.body),
      inputOnly(asCount(billed?.input_tokens)),
    );
  },
};

/** Also what Bedrock's models of this maker take. */
export function cohereBody(fields: JsonObject, texts: readonly string[]): JsonObject {
  const size = asNumber(fields.dimensions);
  return {
    texts,
    input_type: purposeFor('cohere', fields) ?? DEFAULT_PURPOSE,
    ...(size === undefined ? {} : { output_dimension: size }),
    ...(fields.truncate == null ? {} : { truncate: fields.truncate }),
    ...(fields.max_tokens == null ? {} : { max_tokens: fields.max_tokens }),
  };
}

/** By type (`{float: […]}`) or, of older models, a list. */
export function cohereVectors(body: JsonObject | undefined): readonly Json[] {
  const { embeddings } = body ?? {};
  return asArray(asObject(embeddings)?.float ?? embeddings);
}
