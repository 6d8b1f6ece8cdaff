// LM Studio, on this machine.
import type { Provider } from '../core/provider.ts';

export const lmstudio: Provider = {
  id: 'lmstudio',
  name: 'LM Studio',
  aliases: ['lm-studio'],
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:1234/v1',
  // Needs no key; one that is configured travels.
  auth: { kind: 'bearer' },
  env: [],
  quirks: {
    // The published list of payload fields has this one only.
    maxTokensField: 'max_tokens',
    topK: true,
  },
  // Its own command line greets the server this way. Unknown paths answer 200 there, so the marker decides.
  local: { port: 1234, probe: '/lmstudio-greeting', marker: '"lmstudio":true' },
  docs: [
    'https://lmstudio.ai/docs/developer/openai-compat/chat-completions',
    'https://github.com/lmstudio-ai/lms/blob/main/src/createClient.ts',
  ],
};
