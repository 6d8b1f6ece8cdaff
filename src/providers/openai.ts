// OpenAI: the dialect's own maker; nearly nothing to declare.
import type { Provider } from '../core/provider.ts';

const RESPONSES = 'openai-responses';

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialect: 'openai-chat',
  alsoSpeaks: [RESPONSES],
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'bearer' },
  env: ['OPENAI_API_KEY'],
  quirks: {
    // `max_tokens` is deprecated there and refused by the reasoning models; its successor works for all.
    maxTokensField: 'max_completion_tokens',
    // "Unrecognized request argument supplied: …" for what is not in its schema, as other servers of this wire have this one.
    refusedFields: ['repetition_penalty'],
    // What answers of other makers carry, and callers send back with them: not in its schema of messages.
    refusedMessageFields: ['reasoning_content', 'reasoning', 'reasoning_details'],
    // "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40."
    toolIdFormat: 'max40',
    modelRules: [
      // "stop: not supported with latest reasoning models o3 and o4-mini"; the gpt-5 models refuse it by the same words.
      { match: 'o3', stop: false },
      // Recorded: takes stop sequences.
      { match: 'o3-mini' },
      { match: 'o4', stop: false },
      { match: 'gpt-5', stop: false },
      // "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use
      // /v1/responses instead." Recorded: without the field these take them.
      { match: 'gpt-5-2', stop: false, toolsDialect: RESPONSES },
      { match: 'gpt-5-4', stop: false, toolsDialect: RESPONSES },
      // From here on they think unasked: "… or set reasoning_effort to 'none'".
      { match: 'gpt-5-5', stop: false, toolsDialect: RESPONSES, thinksUnasked: true },
      // "prompt_cache_breakpoint … Supported for gpt-5.6 and later models" (guides/prompt-caching).
      {
        match: 'gpt-5-6',
        stop: false,
        toolsDialect: RESPONSES,
        thinksUnasked: true,
        cacheBreakpoints: true,
      },
      {
        match: 'gpt-6',
        stop: false,
        toolsDialect: RESPONSES,
        thinksUnasked: true,
        cacheBreakpoints: true,
      },
      // Their pages name v1/responses as the only endpoint of the two (docs/models).
      { match: '-codex', stop: false, dialect: RESPONSES },
      { match: 'codex-mini', stop: false, dialect: RESPONSES },
      { match: 'o1-pro', stop: false, dialect: RESPONSES },
      { match: 'o3-pro', stop: false, dialect: RESPONSES },
      { match: 'gpt-5-pro', stop: false, dialect: RESPONSES },
      { match: 'gpt-5-2-pro', stop: false, dialect: RESPONSES },
      { match: 'gpt-5-4-pro', stop: false, dialect: RESPONSES },
      { match: 'gpt-5-5-pro', stop: false, dialect: RESPONSES },
      { match: 'deep-research', stop: false, dialect: RESPONSES },
      { match: 'computer-use', stop: false, dialect: RESPONSES },
      // And these v1/chat/completions.
      { match: 'search-preview', dialect: 'openai-chat' },
      { match: 'search-api', dialect: 'openai-chat' },
      { match: 'audio-preview', dialect: 'openai-chat' },
      { match: 'gpt-audio', dialect: 'openai-chat' },
      { match: 'o1-mini', dialect: 'openai-chat' },
    ],
    // platform.openai.com/docs/guides/function-calling#custom-tools, on both of its wires.
    customTools: true,
    // platform.openai.com/docs/api-reference/chat/create, tool_choice.
    allowedTools: true,
    makersFields: true,
    // Recorded: accepted by the search models, refused by name by the others, as for any direct caller.
    webSearchOptions: true,
  },
  // "model: Optional, defaults to omni-moderation-latest" (api-reference/moderations).
  operations: { moderations: { wire: 'openai', defaultModel: 'omni-moderation-latest' } },
  docs: [
    'https://platform.openai.com/docs/api-reference/chat/create',
    'https://platform.openai.com/docs/api-reference/responses/create',
    'https://platform.openai.com/docs/api-reference/moderations/create',
    'https://platform.openai.com/docs/models',
    'https://platform.openai.com/docs/guides/prompt-caching',
    'https://platform.openai.com/docs/guides/reasoning',
  ],
};
