// Google Vertex AI: Gemini in a Google Cloud project, on the same wire as AI Studio's.
import type { Provider } from '../core/provider.ts';
import { google } from './google.ts';

export const googleVertex: Provider = {
  id: 'google-vertex',
  name: 'Google Vertex AI (Gemini)',
  telemetryName: 'gcp.vertex_ai',
  aliases: ['vertex'],
  dialect: 'gemini',
  // The configuration puts its project and location here. v1beta1: where JSON Schema is taken (recorded).
  baseUrl:
    'https://aiplatform.googleapis.com/v1beta1/projects/PROJECT/locations/LOCATION/publishers/google',
  addressedBy: 'google-project',
  // A service account's or one's own credentials; a key (express mode) travels as `x-goog-api-key`.
  auth: { kind: 'google-oauth' },
  env: ['GOOGLE_VERTEX_API_KEY'],
  quirks: {
    modelRules: google.quirks.modelRules ?? [],
    webSearchOptions: true,
  },
  operations: {
    completions: { wire: 'chat' },
    // Recorded: the second generation has `:embedContent` here and no batches.
    embeddings: {
      wire: 'vertex',
      models: [{ match: 'gemini-embedding-2', wire: 'gemini-single' }],
    },
  },
  docs: [
    'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
    'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview',
    'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations',
  ],
};
