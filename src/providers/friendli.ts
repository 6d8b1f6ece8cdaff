// FriendliAI: serverless endpoints.
import type { Provider } from '../core/provider.ts';

export const friendli: Provider = {
  id: 'friendli',
  name: 'FriendliAI',
  aliases: ['friendliai'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.friendli.ai/serverless/v1',
  auth: { kind: 'bearer' },
  env: ['FRIENDLI_TOKEN', 'FRIENDLIAI_API_KEY'],
  quirks: {
    reasoningRequest: 'effort',
    efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  },
  docs: [
    'https://friendli.ai/docs/openapi/model-apis/chat-completions',
    'https://friendli.ai/docs/guides/reasoning',
  ],
};
