// How a provider of the operator's own serves the endpoints beside chat: the part of the configuration's shape for it.
import { z } from 'zod';

const operation = z.enum([
  'embeddings',
  'completions',
  'moderations',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
  'rerank',
]);
const servedOperation = z.strictObject({
  wire: z.enum([
    'openai',
    'chat',
    'gemini',
    'gemini-single',
    'vertex',
    'cohere',
    'bedrock-titan',
    'bedrock-cohere',
    'bedrock-nova',
    'bedrock-rerank',
  ]),
  path: z.string().startsWith('/').optional(),
  renamedFields: z.record(z.string(), z.string()).optional(),
  refusedFields: z.array(z.string()).optional(),
  defaultModel: z.string().min(1).optional(),
  textDocuments: z.boolean().optional(),
});

export const operations = z
  .partialRecord(operation, servedOperation.nullable())
  .describe('how it serves the endpoints beside chat, where that is not as usual; null: not');
