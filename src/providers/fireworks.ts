// Fireworks AI.
import type { Provider } from '../core/provider.ts';

export const fireworks: Provider = {
  id: 'fireworks',
  name: 'Fireworks AI',
  aliases: ['fireworks-ai'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  auth: { kind: 'bearer' },
  env: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
  quirks: {
    reasoningField: 'reasoning_content',
    topK: true,
    // Which efforts work is the model's affair here (none to max), so none are listed.
    reasoningRequest: 'effort',
  },
  docs: [
    'https://docs.fireworks.ai/guides/reasoning',
    'https://docs.fireworks.ai/api-reference/post-chatcompletions',
  ],
};
