// Every operation beside chat, and how each provider serves it.
import type { DialectId } from '../core/dialect.ts';
import type { Operation, OperationId, ServedOperation } from '../core/operation.ts';
import type { Provider } from '../core/provider.ts';
import { speech, transcriptions, translations } from './audio.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings/index.ts';
import { imageEdits, imageGenerations } from './images.ts';
import { moderations } from './moderations.ts';
import { rerank } from './rerank/index.ts';

export const OPERATIONS: { readonly [O in OperationId]: Operation } = {
  embeddings,
  completions,
  moderations,
  'images.generations': imageGenerations,
  'images.edits': imageEdits,
  'audio.speech': speech,
  'audio.transcriptions': transcriptions,
  'audio.translations': translations,
  rerank,
};

type Served = { readonly [O in OperationId]?: ServedOperation | null };

/** A chat model goes on with a text when it is asked to. */
const THROUGH_CHAT: Served = { completions: { wire: 'chat' } };

/** What a provider of each wire serves where it says nothing of it. Those of OpenAI's serve all in OpenAI's form. */
const BY_DIALECT: { readonly [D in DialectId]: Served } = {
  'openai-chat': {},
  'openai-responses': {},
  'anthropic-messages': THROUGH_CHAT,
  gemini: { ...THROUGH_CHAT, embeddings: { wire: 'gemini' } },
  'bedrock-converse': {
    ...THROUGH_CHAT,
    embeddings: {
      wire: 'bedrock-titan',
      models: [
        { match: 'cohere-embed', wire: 'bedrock-cohere' },
        { match: 'nova', wire: 'bedrock-nova' },
      ],
    },
    rerank: { wire: 'bedrock-rerank', models: [{ match: 'cohere', wire: 'bedrock-cohere' }] },
  },
  cohere: {
    ...THROUGH_CHAT,
    embeddings: { wire: 'cohere' },
    rerank: { wire: 'openai', textDocuments: true, refusedFields: ['return_documents', 'user'] },
  },
};

/**
 * `provider/model` for a call that names no model: of the first provider that has a default for the operation. Null: there is
 * none, as for all operations whose maker asks for a model.
 */
export function defaultModel(operation: OperationId, providers: Iterable<Provider>): string | null {
  for (const provider of providers) {
    const model = servedBy(provider, operation)?.defaultModel;
    if (model !== undefined) return `${provider.id}/${model}`;
  }
  return null;
}

/** How a provider serves an operation, on whichever wire its kind of model has; null where it does not. */
export function servedBy(provider: Provider, operation: OperationId): ServedOperation | null {
  const declared = provider.operations?.[operation];
  if (declared !== undefined) return declared;
  const { dialect } = provider;
  const usual = BY_DIALECT[dialect][operation];
  if (usual !== undefined) return usual;
  return dialect === 'openai-chat' || dialect === 'openai-responses' ? { wire: 'openai' } : null;
}
