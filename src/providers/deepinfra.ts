// DeepInfra.
import type { Provider } from '../core/provider.ts';

export const deepinfra: Provider = {
  id: 'deepinfra',
  name: 'DeepInfra',
  dialect: 'openai-chat',
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  auth: { kind: 'bearer' },
  env: ['DEEPINFRA_API_KEY', 'DEEPINFRA_API_TOKEN'],
  quirks: {
    reasoningRequest: 'effort',
    // `none` switches thinking off where the model can.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  },
  docs: [
    'https://deepinfra.com/docs/advanced/openai_api',
    'https://docs.deepinfra.com/chat/reasoning',
    'https://docs.deepinfra.com/api-reference/chat-completions/openai-chat-completions',
  ],
};
