// Ollama, on this machine.
import type { Provider } from '../core/provider.ts';

export const ollama: Provider = {
  id: 'ollama',
  name: 'Ollama',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:11434/v1',
  // Needs no key; one that is configured travels (a proxy in front may want it).
  auth: { kind: 'bearer' },
  env: [],
  quirks: {
    // Supported fields name `max_tokens`; `max_completion_tokens` is silently ignored, and the answer unbounded.
    maxTokensField: 'max_tokens',
    // `tool_choice` is on the list of what is not supported: anything but auto is ignored.
    toolChoice: ['auto'],
    // On the same list, and ignored.
    refusedFields: ['logit_bias', 'n'],
    // "Image URL" is on the list of what is not supported: pictures come as base64.
    imageUrls: false,
    // Recorded both ways.
    reasoningField: 'reasoning',
    reasoningReplay: 'accepted',
    reasoningRequest: 'effort',
    efforts: ['none', 'low', 'medium', 'high'],
  },
  local: { port: 11434, probe: '/', marker: 'Ollama is running' },
  docs: ['https://docs.ollama.com/api/openai-compatibility'],
};
