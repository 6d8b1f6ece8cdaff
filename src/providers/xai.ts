// xAI: Grok.
import type { ModelRule, Provider } from '../core/provider.ts';

/** "presencePenalty, frequencyPenalty and stop … are not supported by reasoning models … would result in an error." */
const THINKING = {
  refusedFields: ['frequency_penalty', 'presence_penalty', 'stop'],
} as const satisfies Omit<ModelRule, 'match'>;

/** They think, or do not, by their name: "Model does not support parameter reasoningEffort". */
const FIXED = { refusedFields: [...THINKING.refusedFields, 'reasoning_effort'], efforts: [] };

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  telemetryName: 'x_ai',
  aliases: ['x-ai'],
  dialect: 'openai-chat',
  // "The Responses API is the recommended way" (model-capabilities/text/comparison).
  alsoSpeaks: ['openai-responses'],
  baseUrl: 'https://api.x.ai/v1',
  auth: { kind: 'bearer' },
  env: ['XAI_API_KEY'],
  quirks: {
    // "Deferred completions" answer with an id to ask again with, at an address that is not here.
    refusedFields: ['deferred'],
    // Recorded in whole replies and in streams.
    reasoningField: 'reasoning_content',
    reasoningRequest: 'effort',
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
    modelRules: [
      { match: 'grok-3', refusedFields: ['reasoning_effort'], efforts: [] },
      { match: 'grok-3-mini', ...THINKING, efforts: ['low', 'high'] },
      { match: 'grok-code', ...FIXED },
      { match: 'grok-4-0709', ...FIXED },
      { match: 'grok-4-latest', ...FIXED },
      { match: 'grok-4-fast', ...FIXED },
      { match: 'grok-4-1-fast', ...FIXED },
      { match: 'grok-4-20', ...FIXED },
      // From here on thinking can be measured out, and turned off.
      { match: 'grok-4-3', ...THINKING, efforts: ['none', 'low', 'medium', 'high'] },
      { match: 'multi-agent', ...THINKING, efforts: ['low', 'medium', 'high', 'xhigh'] },
      { match: 'non-reasoning', refusedFields: ['reasoning_effort'], efforts: [] },
      { match: 'grok-4-fast-non-reasoning', refusedFields: ['reasoning_effort'], efforts: [] },
      { match: 'grok-4-1-fast-non-reasoning', refusedFields: ['reasoning_effort'], efforts: [] },
    ],
  },
  docs: [
    'https://docs.x.ai/docs/api-reference#chat-completions',
    'https://docs.x.ai/developers/model-capabilities/text/comparison',
    'https://docs.x.ai/developers/model-capabilities/text/reasoning',
    'https://docs.x.ai/developers/model-capabilities/text/best-practices',
  ],
};
