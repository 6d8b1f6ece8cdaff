// OpenRouter: many hosts behind one wire, with extensions of its own.
import type { Provider } from '../core/provider.ts';

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  dialect: 'openai-chat',
  // Recorded, whole and streamed; api-reference/responses.
  alsoSpeaks: ['openai-responses'],
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: { kind: 'bearer' },
  env: ['OPENROUTER_API_KEY'],
  quirks: {
    // Recorded: `reasoning` is the plain text, `reasoning_details` the form that can be given back, signatures and all.
    reasoningField: 'reasoning_details',
    // "Preserving reasoning blocks" between tool calls (use-cases/reasoning-tokens).
    reasoningReplay: 'accepted',
    topK: true,
    // Recorded: {effort}, {enabled} and both.
    reasoningRequest: 'reasoning-object',
    // Recorded as accepted on system, user and tool parts.
    cacheControl: true,
    webSearchOptions: true,
  },
  docs: [
    'https://openrouter.ai/docs/api-reference/chat-completion',
    'https://openrouter.ai/docs/api-reference/responses/overview',
    'https://openrouter.ai/docs/use-cases/reasoning-tokens',
    'https://openrouter.ai/docs/features/prompt-caching',
    'https://openrouter.ai/docs/features/web-search',
  ],
};
