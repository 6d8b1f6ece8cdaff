// Meta: the Llama API, OpenAI-compatible endpoint.
import type { Provider } from '../core/provider.ts';

export const metaLlama: Provider = {
  id: 'meta-llama',
  name: 'Meta Llama API',
  aliases: ['llama'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.llama.com/compat/v1',
  auth: { kind: 'bearer' },
  // llama-server takes its own key from a variable of this name: with both in use, set `api_key` in the configuration.
  env: ['LLAMA_API_KEY'],
  quirks: {},
  docs: ['https://llama.developer.meta.com/docs/models'],
};
