// Chutes.
import type { Provider } from '../core/provider.ts';

export const chutes: Provider = {
  id: 'chutes',
  name: 'Chutes',
  dialect: 'openai-chat',
  baseUrl: 'https://llm.chutes.ai/v1',
  auth: { kind: 'bearer' },
  env: ['CHUTES_API_KEY'],
  quirks: {},
  docs: ['https://chutes.ai/docs/guides/reasoning-models', 'https://llm.chutes.ai/v1/models'],
};
