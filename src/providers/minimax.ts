// MiniMax: its OpenAI-shaped endpoint.
import type { Provider } from '../core/provider.ts';

export const minimax: Provider = {
  id: 'minimax',
  name: 'MiniMax',
  dialect: 'openai-chat',
  // The platform outside China; inside it: https://api.minimaxi.com/v1.
  baseUrl: 'https://api.minimax.io/v1',
  auth: { kind: 'bearer' },
  env: ['MINIMAX_API_KEY'],
  quirks: {
    // `max_tokens` is marked deprecated in its schema.
    maxTokensField: 'max_completion_tokens',
    // Without it thoughts stand inside the text, in <think> tags.
    defaults: { reasoning_split: true },
    reasoningField: 'reasoning_details',
    // "The complete model response must be appended" after function calls, to keep the chain of thought.
    reasoningReplay: 'required',
    // No effort; `thinking` takes words of its own (adaptive, disabled), and on the newest model only.
    reasoningRequest: 'none',
  },
  docs: [
    'https://platform.minimax.io/docs/api-reference/text-openai-api',
    'https://platform.minimax.io/docs/guides/quickstart',
  ],
};
