// Voyage AI: vectors and reranking, nothing else.
import type { Provider } from '../core/provider.ts';

export const voyage: Provider = {
  id: 'voyage',
  name: 'Voyage AI',
  aliases: ['voyageai', 'voyage-ai'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.voyageai.com/v1',
  auth: { kind: 'bearer' },
  env: ['VOYAGE_API_KEY'],
  quirks: {},
  operations: {
    // Its `encoding_format` is base64 or absent: "float" is refused.
    embeddings: {
      wire: 'openai',
      renamedFields: { dimensions: 'output_dimension' },
      refusedFields: ['encoding_format', 'user'],
    },
    rerank: {
      wire: 'openai',
      renamedFields: { top_n: 'top_k' },
      refusedFields: ['user'],
      textDocuments: true,
    },
    completions: null,
    moderations: null,
    'images.generations': null,
    'images.edits': null,
    'audio.speech': null,
    'audio.transcriptions': null,
    'audio.translations': null,
  },
  docs: [
    'https://docs.voyageai.com/reference/embeddings-api',
    'https://docs.voyageai.com/reference/reranker-api',
  ],
};
