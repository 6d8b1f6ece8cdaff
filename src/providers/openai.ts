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
    // What answers of other makers carry, and callers send back with them: not in its schema of messages.
    refusedMessageFields: ['reasoning_content', 'reasoning', 'reasoning_details'],
    // "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40."
    toolIdFormat: 'max40',
    // "stop: not supported with latest reasoning models o3 and o4-mini"; the gpt-5 models refuse it by the same words.
    modelRules: [
      { match: 'o3', stop: false },
      { match: 'o4', stop: false },
      { match: 'gpt-5', stop: false },
    ],
    // Recorded: accepted by the search models, refused by name by the others, as for any direct caller.
    webSearchOptions: true,
  },
  docs: [
    'https://platform.openai.com/docs/api-reference/chat/create',
    'https://platform.openai.com/docs/guides/reasoning',
  ],
};
