// OVHcloud AI Endpoints.
import type { Provider } from '../core/provider.ts';

export const ovhcloud: Provider = {
  id: 'ovhcloud',
  name: 'OVHcloud AI Endpoints',
  dialect: 'openai-chat',
  baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  auth: { kind: 'bearer' },
  env: ['OVHCLOUD_API_KEY'],
  quirks: {},
  docs: ['https://www.ovhcloud.com/en/public-cloud/ai-endpoints/catalog/'],
};
