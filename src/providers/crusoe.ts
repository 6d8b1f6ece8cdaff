// Crusoe: managed inference.
import type { Provider } from '../core/provider.ts';

export const crusoe: Provider = {
  id: 'crusoe',
  name: 'Crusoe',
  dialect: 'openai-chat',
  baseUrl: 'https://api.inference.crusoecloud.com/v1',
  auth: { kind: 'bearer' },
  env: ['CRUSOE_API_KEY'],
  quirks: {
    // Recorded both ways.
    reasoningField: 'reasoning',
  },
  docs: ['https://docs.crusoecloud.com/managed-inference/overview'],
};
