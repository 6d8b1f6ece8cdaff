// NovitaAI.
import type { Provider } from '../core/provider.ts';

export const novita: Provider = {
  id: 'novita',
  name: 'NovitaAI',
  aliases: ['novita-ai'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.novita.ai/openai/v1',
  auth: { kind: 'bearer' },
  env: ['NOVITA_API_KEY'],
  quirks: {},
  docs: [
    'https://novita.ai/docs/guides/introduction',
    'https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion',
  ],
};
