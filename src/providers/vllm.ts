// vLLM, on this machine.
import type { Provider } from '../core/provider.ts';

export const vllm: Provider = {
  id: 'vllm',
  name: 'vLLM',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:8000/v1',
  // Needs no key unless started with --api-key; one that is configured travels.
  auth: { kind: 'bearer' },
  env: [],
  // Reasoning is `reasoning_content` or `reasoning` with the version and the parser the server was started with: not declared.
  // "Extra parameters" of its server: top_k among them.
  // Beside it: `continue_final_message`, which leaves the last message open for the model to go on with.
  quirks: { topK: true, prefill: 'continue-final-message' },
  local: { port: 8000, probe: '/v1/models', marker: '"owned_by":"vllm"' },
  docs: [
    'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    'https://docs.vllm.ai/en/latest/features/reasoning_outputs.html',
  ],
};
