// Nebius Token Factory.
import type { Provider } from '../core/provider.ts';

export const nebius: Provider = {
  id: 'nebius',
  name: 'Nebius Token Factory',
  dialect: 'openai-chat',
  baseUrl: 'https://api.tokenfactory.nebius.com/v1',
  auth: { kind: 'bearer' },
  env: ['NEBIUS_API_KEY'],
  quirks: {
    // The reference's values, for all models.
    reasoningRequest: 'effort',
    efforts: ['low', 'medium', 'high'],
  },
  docs: [
    'https://docs.tokenfactory.nebius.com/',
    'https://docs.tokenfactory.nebius.com/api-reference/inference/create-chat-completion',
  ],
};
