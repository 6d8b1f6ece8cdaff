// POST /rerank: documents in, the best of them first. The form Cohere and Jina share; Voyage differs in two names.
import { GatewayError, invalid } from '../../core/errors.ts';
import type {
  Operation,
  OperationCall,
  OperationReply,
  OperationTarget,
  OperationWire,
} from '../../core/operation.ts';
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { checkCount, needText, notWhatWasAsked } from '../checks.ts';
import { INVOKE_PATH } from '../embeddings/bedrock.ts';
import { forwardRequest, servedPath } from '../forward-request.ts';
import { readInputUsage } from '../usage.ts';

/** Documents are put beside their scores here, from the request itself. */
const DONE_HERE: ReadonlySet<string> = new Set(['return_documents', 'user']);

const plain: OperationWire = {
  encode(call, target) {
    const documents = documentsFor(call, target);
    return forwardRequest(call, target, {
      path: '/rerank',
      doneHere: DONE_HERE,
      ...(documents === null ? {} : { set: { documents } }),
    });
  },
  decode([reply], call) {
    if (reply === undefined) throw notWhatWasAsked('"results"');
    return rerankReply(call, reply.body, reply.text, usageIn(reply.body));
  },
};

/** docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html: reranking models through InvokeModel. */
function bedrock(more: JsonObject): OperationWire {
  return {
    encode(call, target) {
      const { query, top_n } = call.fields;
      const documents = textDocuments(call, target);
      const body = { query, documents, ...(top_n == null ? {} : { top_n }), ...more };
      const path = servedPath(target, INVOKE_PATH);
      return { requests: [{ path, body: JSON.stringify(body) }], losses: [] };
    },
    decode([reply], call) {
      return rerankReply(call, reply?.body ?? {}, null, usageIn(reply?.body ?? {}));
    },
  };
}

export const rerank: Operation = {
  id: 'rerank',
  path: '/rerank',
  takes: 'json',
  gives: 'object',
  check(body) {
    needText(body, 'query');
    const { documents } = body;
    if (documents === undefined || documents === null)
      throw invalid('documents', 'is required: send an array of texts');
    if (!Array.isArray(documents)) throw invalid('documents', 'must be an array of texts');
    if (documents.length === 0) throw invalid('documents', 'must not be empty');
    const wrong = documents.findIndex(
      (item) => typeof item !== 'string' && asObject(item) === undefined,
    );
    if (wrong !== -1)
      throw invalid(`documents[${wrong}]`, 'must be a string or an object with a "text"');
    checkCount(body, 'top_n');
  },
  usageOf: () => UNKNOWN_USAGE,
  // Search units and tokens are told by the provider or not at all: neither follows from the text.
  inputText: () => null,
  wires: {
    openai: plain,
    'bedrock-rerank': bedrock({}),
    // The version of the maker's API that the body is written in.
    'bedrock-cohere': bedrock({ api_version: 2 }),
  },
};

/** The documents as the provider takes them, where that is not as they came. */
function documentsFor(call: OperationCall, target: OperationTarget): readonly string[] | null {
  const isPlain = asArray(call.fields.documents).every((item) => typeof item === 'string');
  return isPlain || target.served.textDocuments !== true ? null : textDocuments(call, target);
}

function textDocuments(
  { fields }: OperationCall,
  { provider }: OperationTarget,
): readonly string[] {
  return asArray(fields.documents).map((item, index) => {
    const text = asString(item) ?? asString(asObject(item)?.text);
    if (text !== undefined) return text;
    throw new GatewayError(
      'unsupported_feature',
      `documents[${index}]: ${provider} takes texts, or objects with a "text".`,
      { param: `documents[${index}]` },
    );
  });
}

/** A reply as every caller gets it: `results`, with the documents where they were asked for. `text` stays where nothing is to change. */
function rerankReply(
  call: OperationCall,
  body: JsonObject,
  text: string | null,
  usage: Usage,
): OperationReply {
  // Voyage's list is `data`; Bedrock's scores are written in camel case.
  const list = body.results ?? body.data;
  if (!Array.isArray(list)) throw notWhatWasAsked('"results"');
  const documents = asArray(call.fields.documents);
  const shows = call.fields.return_documents === true;
  const results = asObjects(list).map((entry): Json => {
    const { relevanceScore, ...rest } = entry;
    const score = rest.relevance_score ?? relevanceScore ?? rest.score ?? null;
    const given = asObject(rest.document);
    const missing = shows && (given === undefined || Object.keys(given).length === 0);
    const document = documents[asNumber(entry.index) ?? -1];
    return {
      ...rest,
      relevance_score: score,
      ...(missing && document !== undefined
        ? { document: typeof document === 'string' ? { text: document } : document }
        : {}),
    } as JsonObject as Json;
  });
  const same =
    text !== null && body.results !== undefined && JSON.stringify(results) === JSON.stringify(list);
  if (same) return { text, body, usage };
  const { data: _, ...rest } = body;
  const whole: JsonObject = { ...rest, results };
  return { text: JSON.stringify(whole), body: whole, usage };
}

/** Cohere bills search units, others tokens. */
function usageIn(body: JsonObject): Usage {
  const meta = asObject(body.meta);
  const billed = asObject(meta?.billed_units);
  const units = asCount(billed?.search_units);
  const usage = readInputUsage(body);
  const tokens = asCount(asObject(meta?.tokens)?.input_tokens);
  return {
    ...UNKNOWN_USAGE,
    ...usage,
    input: usage.input ?? tokens ?? null,
    output: usage.output ?? (tokens === undefined ? null : 0),
    searches: units ?? null,
  };
}
