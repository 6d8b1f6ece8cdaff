// Hugging Face: Inference Providers, the router over partner hosts.
import type { Provider } from '../core/provider.ts';

export const huggingface: Provider = {
  id: 'huggingface',
  name: 'Hugging Face',
  aliases: ['hf'],
  dialect: 'openai-chat',
  baseUrl: 'https://router.huggingface.co/v1',
  auth: { kind: 'bearer' },
  env: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
  // What works depends on the partner that answers.
  quirks: {
    // Reported from the live API: "Extra inputs are not permitted: messages[n].reasoning_details".
    refusedMessageFields: ['reasoning_details'],
  },
  docs: [
    'https://huggingface.co/docs/inference-providers',
    'https://huggingface.co/docs/inference-providers/tasks/chat-completion',
  ],
};
