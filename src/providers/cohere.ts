// Cohere: Command, through its own Chat API. Its Compatibility API is reached with `dialect: openai-chat` and its base_url.
import type { Provider } from '../core/provider.ts';

export const cohere: Provider = {
  id: 'cohere',
  name: 'Cohere',
  dialect: 'cohere',
  baseUrl: 'https://api.cohere.com/v2',
  auth: { kind: 'bearer' },
  env: ['COHERE_API_KEY', 'CO_API_KEY'],
  // Those of the Compatibility API, for operators who choose it; its own wire has none.
  quirks: {
    // "Currently, only none and high are supported for reasoning_effort."
    reasoningRequest: 'effort',
    efforts: ['none', 'high'],
    // The Chat API behind it knows REQUIRED and NONE, and no way to name a tool.
    toolChoice: ['auto', 'none', 'required'],
    // "Not supported in the Compatibility API", as are the refused fields.
    parallelToolCalls: false,
    // The page writes a schema as `{"type": "json_object", "schema": …}`.
    responseFormats: ['json_object'],
    schemaInJsonObject: true,
    refusedFields: [
      'audio',
      'logit_bias',
      'modalities',
      'n',
      'prediction',
      'service_tier',
      'store',
      'top_logprobs',
    ],
  },
  docs: [
    'https://docs.cohere.com/reference/chat',
    'https://docs.cohere.com/reference/chat-stream',
    'https://docs.cohere.com/docs/compatibility-api',
  ],
};
