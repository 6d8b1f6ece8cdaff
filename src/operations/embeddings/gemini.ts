// Gemini's embedding endpoints (ai.google.dev/api/embeddings) and Vertex AI's older `:predict`.
import type { EncodedOperation, OperationCall, OperationWire } from '../../core/operation.ts';
import { asCount, asNumber, asObject, asObjects, type JsonObject } from '../../lib/json.ts';
import { needTexts } from '../checks.ts';
import { servedPath } from '../forward-request.ts';
import { inputOnly } from '../usage.ts';
import { lossesOf } from './losses.ts';
import { purposeFor } from './purpose.ts';
import { vectorReply } from './vectors.ts';

const KNOWN: ReadonlySet<string> = new Set(['dimensions', 'input_type', 'task_type', 'taskType']);

/** All texts in one request. Recorded: models before `gemini-embedding-2` count no tokens here. */
export const geminiEmbeddings: OperationWire = {
  encode(call, target) {
    const texts = needTexts(call.fields.input, target.provider);
    const requests = texts.map((text) => ({
      model: `models/${target.model}`,
      content: { parts: [{ text }] },
      ...taskOf(call),
    }));
    const path = servedPath(target, '/models/{model}:batchEmbedContents');
    return request(call, path, [{ requests }]);
  },
  decode([reply], call, { model }) {
    const vectors = asObjects(reply?.body.embeddings).map(({ values }) => values ?? null);
    return vectorReply(call, model, vectors, inputOnly(tokensOf(reply?.body)));
  },
};

/** One text a request (`:embedContent`), where a host has no batches. */
export const geminiSingleEmbeddings: OperationWire = {
  encode(call, target) {
    const texts = needTexts(call.fields.input, target.provider);
    const path = servedPath(target, '/models/{model}:embedContent');
    const bodies = texts.map((text) => ({ content: { parts: [{ text }] }, ...taskOf(call) }));
    return request(call, path, bodies);
  },
  decode(replies, call, { model }) {
    const vectors = replies.map(({ body }) => asObject(body.embedding)?.values ?? null);
    const tokens = replies.map(({ body }) => tokensOf(body));
    return vectorReply(call, model, vectors, inputOnly(sum(tokens)));
  },
};

/** cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api: one text a request for Gemini's models. */
export const vertexEmbeddings: OperationWire = {
  encode(call, target) {
    const texts = needTexts(call.fields.input, target.provider);
    const { taskType, outputDimensionality } = taskOf(call);
    const parameters =
      outputDimensionality === undefined ? {} : { parameters: { outputDimensionality } };
    const task = taskType === undefined ? {} : { task_type: taskType };
    const bodies = texts.map((content) => ({ instances: [{ content, ...task }], ...parameters }));
    return request(call, servedPath(target, '/models/{model}:predict'), bodies);
  },
  decode(replies, call, { model }) {
    const found = replies.flatMap(({ body }) =>
      asObjects(body.predictions).map((prediction) => asObject(prediction.embeddings) ?? {}),
    );
    const tokens = found.map(({ statistics }) => asCount(asObject(statistics)?.token_count));
    const vectors = found.map(({ values }) => values ?? null);
    return vectorReply(call, model, vectors, inputOnly(sum(tokens)));
  },
};

function taskOf({ fields }: OperationCall): JsonObject {
  const taskType = purposeFor('gemini', fields);
  const size = asNumber(fields.dimensions);
  return {
    ...(taskType === null ? {} : { taskType }),
    ...(size === undefined ? {} : { outputDimensionality: size }),
  };
}

function request(
  call: OperationCall,
  path: string,
  bodies: readonly JsonObject[],
): EncodedOperation {
  return {
    requests: bodies.map((body) => ({ path, body: JSON.stringify(body) })),
    losses: lossesOf(call, KNOWN),
  };
}

function tokensOf(body: JsonObject | undefined): number | undefined {
  return asCount(asObject(body?.usageMetadata)?.promptTokenCount);
}

function sum(counts: readonly (number | undefined)[]): number | null {
  let total = 0;
  for (const count of counts) {
    if (count === undefined) return null;
    total += count;
  }
  return total;
}
