// NVIDIA: the hosted NIM catalogue. Each model has its own, closed request schema, so little can be said for all.
import type { Provider } from '../core/provider.ts';

export const nvidia: Provider = {
  id: 'nvidia',
  name: 'NVIDIA NIM',
  aliases: ['nvidia-nim'],
  dialect: 'openai-chat',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  auth: { kind: 'bearer' },
  env: ['NVIDIA_API_KEY', 'NVIDIA_NIM_API_KEY'],
  quirks: {
    // The model schemas refuse what they do not name; clients written for them send `max_tokens` and system.
    maxTokensField: 'max_tokens',
    developerRole: false,
  },
  docs: ['https://docs.api.nvidia.com/nim/', 'https://docs.api.nvidia.com/nim/reference/llm-apis'],
};
