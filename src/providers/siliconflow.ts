// SiliconFlow.
import type { Provider } from '../core/provider.ts';

export const siliconflow: Provider = {
  id: 'siliconflow',
  name: 'SiliconFlow',
  dialect: 'openai-chat',
  // The platform outside China; inside it: https://api.siliconflow.cn/v1.
  baseUrl: 'https://api.siliconflow.com/v1',
  auth: { kind: 'bearer' },
  env: ['SILICONFLOW_API_KEY'],
  // Reported from the live API: code 20015, "Input should be a valid string".
  quirks: { textParts: false },
  docs: ['https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions'],
};
