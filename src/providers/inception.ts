// Inception: Mercury.
import type { Provider } from '../core/provider.ts';

export const inception: Provider = {
  id: 'inception',
  name: 'Inception',
  dialect: 'openai-chat',
  baseUrl: 'https://api.inceptionlabs.ai/v1',
  auth: { kind: 'bearer' },
  env: ['INCEPTION_API_KEY'],
  quirks: {
    reasoningRequest: 'effort',
    // And its own word `instant`, below low.
    efforts: ['low', 'medium', 'high'],
  },
  docs: [
    'https://docs.inceptionlabs.ai/get-started/models',
    'https://docs.inceptionlabs.ai/capabilities/reasoning-efforts',
  ],
};
