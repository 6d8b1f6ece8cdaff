// Xiaomi: MiMo.
import type { Provider } from '../core/provider.ts';

export const xiaomi: Provider = {
  id: 'xiaomi',
  name: 'Xiaomi MiMo',
  aliases: ['xiaomi-mimo', 'mimo'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.xiaomimimo.com/v1',
  auth: { kind: 'bearer' },
  env: ['XIAOMI_API_KEY', 'XIAOMI_MIMO_API_KEY'],
  quirks: {
    reasoningRequest: 'thinking-type',
  },
  docs: ['https://platform.xiaomimimo.com/static/docs/api/chat/openai-api.md'],
};
