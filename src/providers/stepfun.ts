// StepFun.
import type { Provider } from '../core/provider.ts';

export const stepfun: Provider = {
  id: 'stepfun',
  name: 'StepFun',
  dialect: 'openai-chat',
  baseUrl: 'https://api.stepfun.com/v1',
  auth: { kind: 'bearer' },
  env: ['STEPFUN_API_KEY'],
  quirks: {
    // `reasoning_format: deepseek-style` would make it reasoning_content.
    reasoningField: 'reasoning',
    reasoningRequest: 'effort',
    efforts: ['low', 'medium', 'high'],
  },
  docs: ['https://platform.stepfun.com/docs/zh/api-reference/chat/chat-completion-create'],
};
