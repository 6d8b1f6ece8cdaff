// SambaNova Cloud.
import type { Provider } from '../core/provider.ts';

export const sambanova: Provider = {
  id: 'sambanova',
  name: 'SambaNova',
  dialect: 'openai-chat',
  baseUrl: 'https://api.sambanova.ai/v1',
  auth: { kind: 'bearer' },
  env: ['SAMBANOVA_API_KEY'],
  // Clients written for it send whole strings.
  quirks: { textParts: false },
  docs: [
    'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
    'https://docs.sambanova.ai/docs/en/get-started/api-keys-urls',
  ],
};
