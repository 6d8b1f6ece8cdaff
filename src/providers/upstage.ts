// Upstage: Solar.
import type { Provider } from '../core/provider.ts';

export const upstage: Provider = {
  id: 'upstage',
  name: 'Upstage',
  dialect: 'openai-chat',
  baseUrl: 'https://api.upstage.ai/v1/solar',
  auth: { kind: 'bearer' },
  env: ['UPSTAGE_API_KEY'],
  quirks: {
    reasoningRequest: 'effort',
    efforts: ['minimal', 'low', 'medium', 'high'],
  },
  docs: [
    'https://console.upstage.ai/api/chat',
    'https://developers.upstage.ai/docs/capabilities/generate/reasoning',
  ],
};
