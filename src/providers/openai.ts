// OpenAI: the dialect's own maker; nearly nothing to declare.
import type { Provider } from '../core/provider.ts';

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'bearer' },
  env: ['OPENAI_API_KEY'],
  quirks: {
    // `max_tokens` is deprecated there and refused by the reasoning models; its successor works for all.
    maxTokensField: 'max_completion_tokens',
    // Recorded: accepted by the search models, refused by name by the others, as for any direct caller.
    webSearchOptions: true,
  },
  docs: [
    'https://platform.openai.com/docs/api-reference/chat/create',
    'https://platform.openai.com/docs/guides/reasoning',
  ],
};
