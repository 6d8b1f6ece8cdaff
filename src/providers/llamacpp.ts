// llama.cpp's llama-server, on this machine.
import type { Provider } from '../core/provider.ts';

export const llamacpp: Provider = {
  id: 'llamacpp',
  name: 'llama.cpp',
  aliases: ['llama.cpp', 'llama-cpp'],
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:8080/v1',
  // Needs no key unless started with --api-key; one that is configured travels.
  auth: { kind: 'bearer' },
  env: [],
  quirks: {
    // Both as clients written for it do; the role goes into the model's own chat template.
    maxTokensField: 'max_tokens',
    developerRole: false,
    topK: true,
  },
  local: { port: 8080, probe: '/v1/models', marker: '"owned_by":"llamacpp"' },
  docs: ['https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md'],
};
