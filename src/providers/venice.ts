// Venice AI.
import type { Provider } from '../core/provider.ts';

export const venice: Provider = {
  id: 'venice',
  name: 'Venice AI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.venice.ai/api/v1',
  auth: { kind: 'bearer' },
  env: ['VENICE_API_KEY', 'VENICE_AI_API_KEY'],
  quirks: {},
  docs: ['https://docs.venice.ai'],
};
