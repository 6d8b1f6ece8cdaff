// Qwen: Alibaba Cloud Model Studio (DashScope), OpenAI-compatible mode.
import type { Provider } from '../core/provider.ts';

export const qwen: Provider = {
  id: 'qwen',
  name: 'Alibaba Cloud (Qwen)',
  aliases: ['alibaba', 'dashscope'],
  dialect: 'openai-chat',
  // Singapore; a key of the Beijing region needs https://dashscope.aliyuncs.com/compatible-mode/v1.
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  auth: { kind: 'bearer' },
  env: ['DASHSCOPE_API_KEY', 'ALIBABA_API_KEY'],
  quirks: {
    // 400 "developer is not one of ['system', 'assistant', 'user', 'tool', 'function']".
    developerRole: false,
    // Recorded in whole replies and in streams.
    reasoningField: 'reasoning_content',
    reasoningRequest: 'enable-thinking',
    // 400 "tool_choice does not support being set to required or object in thinking mode"; the commercial models think only when asked.
    toolChoiceWhileThinking: { works: ['auto', 'none'], byDefault: false },
    // Explicit cache: `cache_control: {type: ephemeral}` on content blocks, four at most.
    cacheControl: true,
    // Partial mode: the Qwen models, while they do not think.
    prefill: 'partial-flag',
    modelRules: [
      { match: 'deepseek', prefill: false },
      { match: 'glm', prefill: false },
      { match: 'kimi', prefill: false },
      { match: 'minimax', prefill: false },
      { match: 'qwq', prefill: false },
      { match: 'qvq', prefill: false },
      { match: 'thinking', prefill: false },
    ],
  },
  docs: [
    'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
    'https://www.alibabacloud.com/help/en/model-studio/deep-thinking',
    'https://www.alibabacloud.com/help/en/model-studio/context-cache',
    'https://www.alibabacloud.com/help/en/model-studio/partial-mode',
  ],
};
