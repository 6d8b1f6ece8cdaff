// Z.AI (Zhipu): GLM.
import type { Provider } from '../core/provider.ts';

export const zai: Provider = {
  id: 'zai',
  name: 'Z.AI (GLM)',
  aliases: ['z-ai', 'zhipu', 'zhipuai'],
  dialect: 'openai-chat',
  // The platform outside China; inside it: https://open.bigmodel.cn/api/paas/v4.
  baseUrl: 'https://api.z.ai/api/paas/v4',
  auth: { kind: 'bearer' },
  env: ['ZAI_API_KEY', 'ZHIPU_API_KEY'],
  quirks: {
    // Clients written for it map the newer name to this one.
    maxTokensField: 'max_tokens',
    // Clients written for it send system instead.
    developerRole: false,
    // Recorded both ways.
    reasoningField: 'reasoning_content',
    // "Preserved thinking": earlier thoughts come back unchanged, or tool loops think everything anew. Recorded as accepted.
    reasoningReplay: 'required',
    // Recorded; without it what comes back is thrown away there.
    defaults: { thinking: { clear_thinking: false } },
    // `thinking: {type}` switches; from GLM-5.2 on `reasoning_effort` beside it says how much (recorded: high, max).
    reasoningRequest: 'thinking-type',
    efforts: ['low', 'high', 'max'],
    // Clients written for it agree: "currently supports only automatic tool selection".
    toolChoice: ['auto'],
    // Structured output there is JSON mode with the schema in the prompt.
    responseFormats: ['json_object'],
  },
  docs: [
    'https://docs.z.ai/api-reference/llm/chat-completion',
    'https://docs.z.ai/guides/capabilities/thinking',
    'https://docs.z.ai/guides/capabilities/struct-output',
  ],
};
