// Scaleway: Generative APIs.
import type { Provider } from '../core/provider.ts';

export const scaleway: Provider = {
  id: 'scaleway',
  name: 'Scaleway',
  dialect: 'openai-chat',
  baseUrl: 'https://api.scaleway.ai/v1',
  auth: { kind: 'bearer' },
  // SCW_SECRET_KEY is not read: it is the key to the whole cloud account, and there for other reasons.
  env: ['SCALEWAY_API_KEY'],
  quirks: {},
  docs: [
    'https://www.scaleway.com/en/docs/generative-apis/',
    'https://www.scaleway.com/en/docs/generative-apis/how-to/query-reasoning-models/',
  ],
};
