// Baseten: Model APIs.
import type { Provider } from '../core/provider.ts';

export const baseten: Provider = {
  id: 'baseten',
  name: 'Baseten',
  dialect: 'openai-chat',
  baseUrl: 'https://inference.baseten.co/v1',
  auth: { kind: 'bearer' },
  env: ['BASETEN_API_KEY'],
  quirks: {},
  docs: [
    'https://docs.baseten.co/inference/model-apis/overview',
    'https://docs.baseten.co/reference/inference-api/chat-completions',
  ],
};
