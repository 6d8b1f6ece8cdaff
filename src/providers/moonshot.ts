// Moonshot AI: Kimi.
import type { Provider } from '../core/provider.ts';

export const moonshot: Provider = {
  id: 'moonshot',
  name: 'Moonshot AI (Kimi)',
  telemetryName: 'moonshot_ai',
  aliases: ['moonshotai', 'kimi'],
  dialect: 'openai-chat',
  // The platform outside China; inside it: https://api.moonshot.cn/v1.
  baseUrl: 'https://api.moonshot.ai/v1',
  auth: { kind: 'bearer' },
  // KIMI_API_KEY is not read: it commonly holds a Kimi Code key, which this endpoint does not take.
  env: ['MOONSHOT_API_KEY', 'MOONSHOTAI_API_KEY'],
  quirks: {
    // The reference: "max_tokens: deprecated, please refer to max_completion_tokens".
    maxTokensField: 'max_completion_tokens',
    // The reference's roles are system, user and assistant (and tool).
    developerRole: false,
    // Clients written for it send whole strings.
    textParts: false,
    reasoningField: 'reasoning_content',
    // Clients written for it fill it in: a thinking model's turn with tool calls is refused without it.
    reasoningReplay: 'required',
    reasoningRequest: 'thinking-type',
    // "The current version of Kimi API does not support the tool_choice=required parameter."
    toolChoice: ['auto', 'none', 'tool'],
    // Partial mode: the answer does not repeat it. Models that always think would think first.
    prefill: 'partial-flag',
    modelRules: [{ match: 'thinking', prefill: false }],
  },
  docs: [
    'https://platform.moonshot.ai/docs/api/chat',
    'https://platform.moonshot.ai/docs/guide/migrating-from-openai-to-kimi',
    'https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model',
    'https://platform.kimi.ai/docs/guide/use-partial-mode-feature-of-kimi-api',
  ],
};
