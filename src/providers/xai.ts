// xAI: Grok.
import type { Provider } from '../core/provider.ts';

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  aliases: ['x-ai'],
  dialect: 'openai-chat',
  // "The Responses API is the recommended way" (model-capabilities/text/comparison).
  alsoSpeaks: ['openai-responses'],
  baseUrl: 'https://api.x.ai/v1',
  auth: { kind: 'bearer' },
  env: ['XAI_API_KEY'],
  quirks: {
    // Recorded in whole replies and in streams.
    reasoningField: 'reasoning_content',
    reasoningRequest: 'effort',
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  },
  docs: [
    'https://docs.x.ai/docs/api-reference#chat-completions',
    'https://docs.x.ai/developers/model-capabilities/text/comparison',
    'https://docs.x.ai/developers/model-capabilities/text/best-practices',
  ],
};
