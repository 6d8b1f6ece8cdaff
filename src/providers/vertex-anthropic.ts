// Claude on Google Vertex AI: Anthropic's wire in a Google Cloud project, the model in the path.
import type { Provider } from '../core/provider.ts';

export const vertexAnthropic: Provider = {
  id: 'vertex-anthropic',
  name: 'Claude on Google Vertex AI',
  telemetryName: 'gcp.vertex_ai',
  aliases: ['google-vertex-anthropic'],
  dialect: 'anthropic-messages',
  // The configuration puts its project and location here.
  baseUrl:
    'https://aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/anthropic',
  addressedBy: 'google-project',
  // "model is not passed in the request body … anthropic_version is passed in the request body (rather than as a header)".
  hosting: {
    path: '/models/{model}:rawPredict',
    streamPath: '/models/{model}:streamRawPredict',
    dropFields: ['model'],
    addFields: { anthropic_version: 'vertex-2023-10-16' },
  },
  auth: { kind: 'google-oauth' },
  env: [],
  // Base64 only (platform.claude.com, vision); reported from the live API: "URL sources are not supported", of documents too.
  quirks: { imageUrls: false, documentUrls: false },
  docs: [
    'https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai',
    'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
  ],
};
