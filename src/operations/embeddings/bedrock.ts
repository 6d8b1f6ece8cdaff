// Embeddings on Bedrock's InvokeModel, where every maker has a body of its own. The token count stands in a reply header.
import type {
  OperationCall,
  OperationTarget,
  OperationWire,
  WireReply,
} from '../../core/operation.ts';
import type { Usage } from '../../core/usage.ts';
import { asCount, asObjects, type JsonObject } from '../../lib/json.ts';
import { needTexts } from '../checks.ts';
import { servedPath } from '../forward-request.ts';
import { inputOnly } from '../usage.ts';
import { COHERE_FIELDS, cohereBody, cohereVectors } from './cohere.ts';
import { lossesOf } from './losses.ts';
import { purposeFor } from './purpose.ts';
import { vectorReply } from './vectors.ts';

export const INVOKE_PATH = '/model/{model}/invoke';

/** docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html: one text a request. */
export const bedrockTitan: OperationWire = {
  encode(call, target) {
    const { dimensions, normalize } = call.fields;
    const more = {
      ...(dimensions == null ? {} : { dimensions }),
      ...(normalize == null ? {} : { normalize }),
    };
    const bodies = texts(call, target).map((inputText) => ({ inputText, ...more }));
    return requests(call, target, bodies, new Set(['dimensions', 'normalize']));
  },
  decode(replies, call, { model }) {
    const vectors = replies.map(({ body }) => body.embedding ?? null);
    return vectorReply(call, model, vectors, billed(replies));
  },
};

/** docs.aws.amazon.com/nova/latest/userguide/nova-embeddings.html: one text a request. */
export const bedrockNova: OperationWire = {
  encode(call, target) {
    const { dimensions } = call.fields;
    const embeddingPurpose = purposeFor('nova', call.fields) ?? 'GENERIC_INDEX';
    const size = dimensions == null ? {} : { embeddingDimension: dimensions };
    const bodies = texts(call, target).map((value) => ({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: { embeddingPurpose, text: { value, truncationMode: 'NONE' }, ...size },
    }));
    return requests(
      call,
      target,
      bodies,
      new Set(['dimensions', 'input_type', 'task_type', 'taskType']),
    );
  },
  decode(replies, call, { model }) {
    const vectors = replies.map(({ body }) => asObjects(body.embeddings)[0]?.embedding ?? null);
    return vectorReply(call, model, vectors, billed(replies));
  },
};

/** docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
export const bedrockCohere: OperationWire = {
  encode(call, target) {
    // Types are asked for by no recorded caller: without, all its models answer floats.
    return requests(call, target, [cohereBody(call.fields, texts(call, target))], COHERE_FIELDS);
  },
  decode(replies, call, { model }) {
    return vectorReply(call, model, cohereVectors(replies[0]?.body), billed(replies));
  },
};

function texts(call: OperationCall, target: OperationTarget): readonly string[] {
  return needTexts(call.fields.input, target.provider);
}

function requests(
  call: OperationCall,
  target: OperationTarget,
  bodies: readonly JsonObject[],
  known: ReadonlySet<string>,
) {
  const path = servedPath(target, INVOKE_PATH);
  return {
    requests: bodies.map((body) => ({ path, body: JSON.stringify(body) })),
    losses: lossesOf(call, known),
  };
}

function billed(replies: readonly WireReply[]): Usage {
  let total = 0;
  for (const { headers, body } of replies) {
    const counted = headers.get('x-amzn-bedrock-input-token-count');
    const tokens = asCount(counted === null ? body.inputTextTokenCount : Number(counted));
    if (tokens === undefined) return inputOnly(null);
    total += tokens;
  }
  return inputOnly(total);
}
