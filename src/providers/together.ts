// Together AI.
import type { Provider } from '../core/provider.ts';

export const together: Provider = {
  id: 'together',
  name: 'Together AI',
  aliases: ['togetherai', 'together-ai'],
  dialect: 'openai-chat',
  // api.together.xyz, its older name, answers too.
  baseUrl: 'https://api.together.ai/v1',
  auth: { kind: 'bearer' },
  env: ['TOGETHER_API_KEY', 'TOGETHERAI_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHER_AI_TOKEN'],
  quirks: {
    // Recorded, and the one that clients written for it send.
    maxTokensField: 'max_tokens',
    // Clients written for it send system instead.
    developerRole: false,
    topK: true,
    // Reasoning comes as `reasoning` or `reasoning_content` from model to model: no reasoningField.
    reasoningRequest: 'effort',
    // Not in its reference's messages, which have `reasoning` and `reasoning_content`; what is in it is a router's or another maker's.
    refusedMessageFields: ['reasoning_details'],
  },
  docs: [
    'https://docs.together.ai/reference/chat-completions',
    'https://docs.together.ai/docs/inference/chat/reasoning',
  ],
};
