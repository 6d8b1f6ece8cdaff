// Groq.
import type { Provider } from '../core/provider.ts';

export const groq: Provider = {
  id: 'groq',
  name: 'Groq',
  dialect: 'openai-chat',
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: { kind: 'bearer' },
  env: ['GROQ_API_KEY'],
  quirks: {
    // "Not supported and will result in a 400 error if they are supplied" (docs/openai), as are message names.
    // The last is not in its schema, and what is not there is refused like those.
    refusedFields: ['logit_bias', 'logprobs', 'top_logprobs', 'repetition_penalty'],
    messageNames: false,
    // Reported from the live API: "property 'annotations' is unsupported", and so are other makers' reasoning fields.
    refusedMessageFields: ['annotations', 'reasoning_content', 'reasoning_details'],
    // Reported from the live API: "property 'cache_control' is unsupported".
    cacheControl: false,
    // Recorded: gpt-oss thinks into `reasoning`.
    reasoningField: 'reasoning',
    reasoningRequest: 'effort',
    // Recorded: gpt-oss takes low to high, qwen3 takes none and its own word `default`.
    efforts: ['none', 'low', 'medium', 'high'],
    // docs/prefilling: "any text-to-text model" goes on from a last assistant message. Those that cannot stop thinking would
    // think first, and the systems made of several models are no such model.
    prefill: 'plain',
    modelRules: [
      { match: 'compound', prefill: false },
      { match: 'gpt-oss', efforts: ['low', 'medium', 'high'], prefill: false },
      // "none" or "default"; its thoughts stand in the text as <think> unless they are asked for apart. Recorded: both.
      {
        match: 'qwen3',
        efforts: ['none', 'default'],
        defaults: { reasoning_format: 'parsed' },
      },
      { match: 'deepseek-r1', defaults: { reasoning_format: 'parsed' }, prefill: false },
    ],
  },
  // Its reference lists no legacy completions.
  operations: { completions: { wire: 'chat' } },
  docs: [
    'https://console.groq.com/docs/openai',
    'https://console.groq.com/docs/api-reference#chat-create',
    'https://console.groq.com/docs/reasoning',
    'https://console.groq.com/docs/prefilling',
  ],
};
