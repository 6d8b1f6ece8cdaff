// Recorded calls of the endpoints beside chat, each with what a caller of the gateway would have sent to cause it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { type Interaction, interactions } from './find-recordings.ts';
import type { ScriptedResponse } from './scripted-upstream.ts';

export interface OperationRecording {
  readonly id: string;
  readonly file: string;
  /** The id the gateway knows its provider by. */
  readonly provider: string;
  /** The gateway's endpoint. */
  readonly path: string;
  /** What the caller sends, the model without its provider. */
  readonly ask: JsonObject;
  /** What the provider got, past its base URL; null where the request was not kept. */
  readonly sent: { readonly path: string; readonly body: JsonObject } | null;
  readonly response: ScriptedResponse;
}

/** One recorded file: whose it is, how its base URL ends, and how its requests become the caller's. */
interface Source {
  readonly file: string;
  readonly provider: string;
  readonly endpoint: string;
  /** What of the recorded URL is the base URL. */
  readonly base: string;
  readonly asked: (body: JsonObject, url: string) => JsonObject | null;
}

const same = (body: JsonObject) => body;

const SOURCES: readonly Source[] = [
  ...(['pydantic-ai', 'openllmetry'] as const).map((folder) => ({
    file: `${folder}/openai.embeddings.jsonl`,
    provider: 'openai',
    endpoint: '/v1/embeddings',
    base: '/v1',
    asked: same,
  })),
  {
    file: 'openllmetry/azure.embeddings.jsonl',
    provider: 'azure-by-hand',
    endpoint: '/v1/embeddings',
    base: '/test-deployment',
    asked: same,
  },
  {
    file: 'openllmetry/localhost_8000.embeddings.jsonl',
    provider: 'vllm',
    endpoint: '/v1/embeddings',
    base: '/v1',
    asked: same,
  },
  {
    file: 'openllmetry/mistral.embeddings.jsonl',
    provider: 'mistral',
    endpoint: '/v1/embeddings',
    base: '/v1',
    asked: same,
  },
  ...(['pydantic-ai', 'openllmetry'] as const).map((folder) => ({
    file: `${folder}/voyage.embeddings.jsonl`,
    provider: 'voyage',
    endpoint: '/v1/embeddings',
    base: '/v1',
    asked: askedOfVoyage,
  })),
  {
    file: 'openllmetry/voyage.rerank.jsonl',
    provider: 'voyage',
    endpoint: '/v1/rerank',
    base: '/v1',
    asked: askedOfVoyage,
  },
  ...(['pydantic-ai', 'openllmetry'] as const).map((folder) => ({
    file: `${folder}/cohere.embeddings.jsonl`,
    provider: 'cohere',
    endpoint: '/v1/embeddings',
    base: '/v2',
    asked: askedOfCohere,
  })),
  {
    file: 'openllmetry/cohere.rerank.jsonl',
    provider: 'cohere',
    endpoint: '/v1/rerank',
    base: '/v2',
    asked: same,
  },
  {
    file: 'pydantic-ai/gemini.embeddings.jsonl',
    provider: 'google',
    endpoint: '/v1/embeddings',
    base: '/v1beta',
    asked: askedOfGemini,
  },
  {
    file: 'pydantic-ai/vertex.embeddings.jsonl',
    provider: 'google-vertex',
    endpoint: '/v1/embeddings',
    base: '/publishers/google',
    asked: askedOfVertex,
  },
  {
    file: 'pydantic-ai/bedrock.invoke_model.jsonl',
    provider: 'bedrock',
    endpoint: '/v1/embeddings',
    base: '.amazonaws.com',
    asked: askedOfBedrock,
  },
  {
    file: 'openllmetry/openai.completions.jsonl',
    provider: 'openai',
    endpoint: '/v1/completions',
    base: '/v1',
    asked: same,
  },
  {
    file: 'openllmetry/localhost_8000.completions.jsonl',
    provider: 'vllm',
    endpoint: '/v1/completions',
    base: '/v1',
    asked: same,
  },
  {
    file: 'openllmetry/together.completions.jsonl',
    provider: 'together',
    endpoint: '/v1/completions',
    base: '/v1',
    asked: same,
  },
  {
    file: 'openllmetry/writer.completions.jsonl',
    provider: 'writer',
    endpoint: '/v1/completions',
    base: '/v1',
    // Its streams are of a form of its own, without an end that could be told from a cut.
    asked: (body) => (body.stream === true ? null : body),
  },
  {
    file: 'openllmetry/openai.image.jsonl',
    provider: 'openai',
    endpoint: '/v1/images/generations',
    base: '/v1',
    asked: same,
  },
];

/** Every recorded call whose request is of a form the gateway takes. */
export function operationRecordings(folder: string): OperationRecording[] {
  return SOURCES.filter(({ file }) => existsSync(join(folder, file))).flatMap((source) =>
    interactions(join(folder, source.file)).flatMap((interaction) => readOne(source, interaction)),
  );
}

function readOne(source: Source, { id, request, response }: Interaction): OperationRecording[] {
  const body = asObject(parseJson(request.body ?? ''));
  const url = request.url;
  // Older versions of an API, and pages that are something else.
  const at = url.indexOf(`${source.base}/`);
  const ask = body === undefined || at === -1 ? null : source.asked(body, url);
  if (body === undefined || ask === null) return [];
  const path = url.slice(at + source.base.length).split('?')[0] ?? '';
  const text = response.body ?? '';
  return [
    {
      id,
      file: source.file,
      provider: source.provider,
      path: source.endpoint,
      ask,
      sent: { path: decodeURIComponent(path), body },
      response: {
        status: response.status,
        headers: texts(response.headers),
        body: text,
        chunked: text.startsWith('data:'),
      },
    },
  ];
}

/** Its names for what the endpoint has a name for; "float" is what the absent format means. */
function askedOfVoyage(body: JsonObject): JsonObject {
  const { output_dimension, top_k, ...rest } = body;
  return {
    ...rest,
    ...(output_dimension == null ? {} : { dimensions: output_dimension }),
    ...(top_k == null ? {} : { top_n: top_k }),
  };
}

function askedOfCohere({
  texts: input,
  output_dimension,
  embedding_types: _,
  ...rest
}: JsonObject): JsonObject {
  return { ...rest, input, ...(output_dimension == null ? {} : { dimensions: output_dimension }) };
}

function askedOfGemini(body: JsonObject, url: string): JsonObject | null {
  if (!url.endsWith(':batchEmbedContents')) return null;
  const requests = asObjects(body.requests);
  const [first] = requests;
  return {
    model: asString(first?.model)?.slice('models/'.length),
    input: requests.map(
      ({ content }) => asString(asObjects(asObject(content)?.parts)[0]?.text) ?? '',
    ),
    ...purpose(first?.taskType, first?.outputDimensionality),
  };
}

function askedOfVertex(body: JsonObject, url: string): JsonObject {
  const model = url.slice(url.lastIndexOf('/') + 1, url.lastIndexOf(':'));
  const [instance] = asObjects(body.instances);
  if (instance === undefined) {
    const text = asObjects(asObject(body.content)?.parts)[0]?.text;
    return { model, input: text, ...purpose(body.taskType, body.outputDimensionality) };
  }
  const size = asObject(body.parameters)?.outputDimensionality;
  return { model, input: instance.content, ...purpose(instance.task_type, size) };
}

function askedOfBedrock(body: JsonObject, url: string): JsonObject | null {
  const model = decodeURIComponent(url.split('/model/')[1]?.replace('/invoke', '') ?? '');
  // Names that say nothing of the model (inference profiles) cannot be told apart.
  if (model.includes('inference-profile')) return null;
  if (typeof body.inputText === 'string')
    return { model, input: body.inputText, dimensions: body.dimensions, normalize: body.normalize };
  if (Array.isArray(body.texts)) return { model, ...askedOfCohere(body) };
  const params = asObject(body.singleEmbeddingParams);
  const text = asObject(params?.text);
  // Only whole texts: the endpoint has no word for cutting them.
  if (text?.truncationMode !== 'NONE') return null;
  return {
    model,
    input: text.value,
    ...purpose(params?.embeddingPurpose, params?.embeddingDimension),
  };
}

function purpose(task: Json | undefined, size: Json | undefined): JsonObject {
  return {
    ...(task == null ? {} : { input_type: task }),
    ...(size == null ? {} : { dimensions: size }),
  };
}

const FIXTURES = 'vercel-ai/packages';

/** Recorded replies whose requests were not kept, with the least a caller can ask to get them. */
const REPLIES: readonly (readonly [
  file: string,
  provider: string,
  path: string,
  ask: JsonObject,
])[] = [
  [
    'openai/src/embedding/__fixtures__/openai-embedding.json',
    'openai',
    '/v1/embeddings',
    { input: ['a', 'b'] },
  ],
  [
    'cohere/src/__fixtures__/cohere-embedding.json',
    'cohere',
    '/v1/embeddings',
    { input: ['a', 'b'] },
  ],
  [
    'voyage/src/__fixtures__/voyage-embedding.json',
    'voyage',
    '/v1/embeddings',
    { input: ['a', 'b'] },
  ],
  [
    'google-vertex/src/__fixtures__/google-vertex-embedding.json',
    'google-vertex',
    '/v1/embeddings',
    { input: 'a' },
  ],
  [
    'openai/src/image/__fixtures__/openai-image.json',
    'openai',
    '/v1/images/generations',
    { prompt: 'x' },
  ],
  [
    'openai/src/completion/__fixtures__/openai-completion-text.json',
    'openai',
    '/v1/completions',
    { prompt: 'x' },
  ],
  [
    'cohere/src/reranking/__fixtures__/cohere-reranking.1.json',
    'cohere',
    '/v1/rerank',
    { query: 'x', documents: ['a', 'b'] },
  ],
  [
    'voyage/src/reranking/__fixtures__/voyage-reranking.1.json',
    'voyage',
    '/v1/rerank',
    { query: 'x', documents: ['a', 'b'] },
  ],
  [
    'togetherai/src/reranking/__fixtures__/togetherai-reranking.1.json',
    'together',
    '/v1/rerank',
    { query: 'x', documents: ['a', 'b'] },
  ],
];

export function replyRecordings(folder: string): OperationRecording[] {
  return REPLIES.flatMap(([file, provider, path, ask]) => {
    const name = join(folder, FIXTURES, file);
    if (!existsSync(name)) return [];
    const body = readFileSync(name, 'utf8');
    const headers = { 'content-type': 'application/json' };
    const response = { status: 200, headers, body, chunked: false };
    return [
      { id: file, file, provider, path, ask: { model: 'recorded', ...ask }, sent: null, response },
    ];
  });
}

/** A fixture's text; null where there is none. */
export function fixture(folder: string, file: string): string | null {
  const name = join(folder, FIXTURES, file);
  return existsSync(name) ? readFileSync(name, 'utf8') : null;
}

/** The vectors of a recorded reply, of whichever wire, as the numbers it says. */
export function vectorsIn(body: JsonObject): readonly Json[] {
  const { embedding, embeddings, data, predictions } = body;
  if (Array.isArray(embedding)) return [embedding];
  if (asObject(embedding)?.values !== undefined) return [asObject(embedding)?.values ?? null];
  if (Array.isArray(data)) return asObjects(data).map((item) => item.embedding ?? null);
  if (Array.isArray(predictions))
    return asObjects(predictions).map((item) => asObject(item.embeddings)?.values ?? null);
  const byType = asObject(embeddings)?.float;
  if (byType !== undefined) return asArray(byType);
  return asArray(embeddings).map(
    (item) => asObject(item)?.values ?? asObject(item)?.embedding ?? item,
  );
}

function texts(headers: JsonObject): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (typeof text === 'string') found[name] = text;
  }
  return found;
}
