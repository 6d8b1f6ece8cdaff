// Cerebras.
import type { Provider } from '../core/provider.ts';

export const cerebras: Provider = {
  id: 'cerebras',
  name: 'Cerebras',
  dialect: 'openai-chat',
  baseUrl: 'https://api.cerebras.ai/v1',
  auth: { kind: 'bearer' },
  env: ['CEREBRAS_API_KEY'],
  quirks: {
    // "Our implementation does not expose developer directly"; system stands in for it (resources/openai).
    developerRole: false,
    // Listed as a 400 on the same page. The list once had parallel_tool_calls and service_tier too, which its own SDK now offers.
    // The last is none of its properties.
    refusedFields: ['frequency_penalty', 'logit_bias', 'presence_penalty', 'repetition_penalty'],
    // Measured by users: 400 wrong_api_format for properties it does not know, instead of passing them over;
    // "property 'messages.2.assistant.reasoning_content' is unsupported".
    refusedMessageFields: ['reasoning_content', 'reasoning_details'],
    cacheControl: false,
    // Recorded both ways: in replies, and accepted on an assistant turn.
    reasoningField: 'reasoning',
    reasoningReplay: 'accepted',
    reasoningRequest: 'effort',
    // Recorded: `none` (zai-glm); gpt-oss takes low to high.
    efforts: ['none', 'low', 'medium', 'high'],
    modelRules: [
      { match: 'gpt-oss', efforts: ['low', 'medium', 'high'] },
      // Recorded: earlier thoughts are kept where this is said.
      { match: 'zai-glm', defaults: { clear_thinking: false } },
    ],
  },
  docs: [
    'https://inference-docs.cerebras.ai/resources/openai',
    'https://inference-docs.cerebras.ai/api-reference/chat-completions',
    'https://inference-docs.cerebras.ai/capabilities/reasoning',
  ],
};
