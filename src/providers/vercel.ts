// Vercel AI Gateway.
import type { Provider } from '../core/provider.ts';

export const vercel: Provider = {
  id: 'vercel',
  name: 'Vercel AI Gateway',
  aliases: ['vercel-ai-gateway'],
  dialect: 'openai-chat',
  baseUrl: 'https://ai-gateway.vercel.sh/v1',
  auth: { kind: 'bearer' },
  env: ['AI_GATEWAY_API_KEY'],
  quirks: {
    reasoningRequest: 'reasoning-object',
    efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  },
  docs: [
    'https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions',
    'https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions/reasoning',
  ],
};
