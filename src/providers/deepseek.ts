// DeepSeek: thinks unless told not to, and wants its thoughts back.
import type { Provider } from '../core/provider.ts';

export const deepseek: Provider = {
  id: 'deepseek',
  name: 'DeepSeek',
  dialect: 'openai-chat',
  // Recorded; guides/responses_api. It answers Messages too, elsewhere: `dialect: anthropic-messages` with the base URL
  // https://api.deepseek.com/anthropic/v1. The beginning of an answer is taken at https://api.deepseek.com/beta
  // alone (`prefill: prefix-flag` in the configuration).
  alsoSpeaks: ['openai-responses'],
  baseUrl: 'https://api.deepseek.com',
  auth: { kind: 'bearer' },
  env: ['DEEPSEEK_API_KEY'],
  quirks: {
    // The reference knows only this one.
    maxTokensField: 'max_tokens',
    // Clients written for it send system instead; its roles are system, user, assistant and tool.
    developerRole: false,
    // Reported from the live API: "messages[19]: invalid type: sequence, expected a string".
    textParts: false,
    reasoningField: 'reasoning_content',
    // "The reasoning_content in the thinking mode must be passed back to the API": a 400 without it
    // after a tool call. Recorded: an empty one is accepted where the thoughts are not at hand.
    reasoningReplay: 'required',
    // `thinking: {type}` switches; `reasoning_effort` beside it says how much.
    reasoningRequest: 'thinking-type',
    // All taken, and mapped by the vendor to its own low, high and max.
    efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    // Measured by users: "Thinking mode does not support this tool_choice" for required and a named tool; fine with thinking off.
    toolChoiceWhileThinking: { works: ['auto', 'none'], byDefault: true },
    // "Up to 16 sequences".
    maxStops: 16,
    // The reference knows `text` and `json_object`.
    responseFormats: ['json_object'],
  },
  docs: [
    'https://api-docs.deepseek.com/api/create-chat-completion',
    'https://api-docs.deepseek.com/guides/thinking_mode',
    'https://api-docs.deepseek.com/guides/anthropic_api',
    'https://api-docs.deepseek.com/guides/chat_prefix_completion',
  ],
};
