// Mistral: OpenAI's shape with a closed request schema: what it does not know is a 422, `extra_forbidden`.
import type { Provider } from '../core/provider.ts';

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral AI',
  telemetryName: 'mistral_ai',
  aliases: ['mistralai'],
  dialect: 'openai-chat',
  baseUrl: 'https://api.mistral.ai/v1',
  auth: { kind: 'bearer' },
  env: ['MISTRAL_API_KEY'],
  quirks: {
    // Reported from the live API: 422 extra_forbidden at body.max_completion_tokens.
    maxTokensField: 'max_tokens',
    // The schema's roles are system, user, assistant and tool.
    developerRole: false,
    // Not in the schema; recorded streams carry their usage unasked.
    streamUsage: false,
    // Reported from the live API: 422 extra_forbidden at messages[0].user.name.
    messageNames: false,
    // Callers send these back with an answer; a turn that holds one is extra_forbidden.
    refusedMessageFields: ['annotations', 'reasoning', 'reasoning_content', 'reasoning_details'],
    // Not in the schema, neither on messages and their parts nor on tools.
    cacheControl: false,
    // Recorded in and out: parts of the content, also with other makers' thoughts; `reasoning_content` on a turn is extra_forbidden.
    reasoningField: 'thinking-parts',
    reasoningReplay: 'accepted',
    // "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant."
    prefill: 'prefix-flag',
    // Recorded, with a data URL; the schema's `document_url` takes an address too.
    documentPart: 'document_url',
    documentUrls: true,
    reasoningRequest: 'effort',
    efforts: ['none', 'high'],
    // The schema takes `required` too; `any` is the older word, and the recorded one.
    toolChoiceRequired: 'any',
    // Some of its models answer with longer ids, but only nine letters or digits were recorded as accepted.
    toolIdFormat: 'alnum9',
    renamedFields: { seed: 'random_seed' },
    // OpenAI's other fields and what other servers of this wire add, none of them in the schema.
    refusedFields: [
      'audio',
      'function_call',
      'functions',
      'logit_bias',
      'logprobs',
      'modalities',
      'repetition_penalty',
      'safety_identifier',
      'service_tier',
      'store',
      'top_logprobs',
      'user',
      'verbosity',
    ],
  },
  operations: {
    embeddings: {
      wire: 'openai',
      renamedFields: { dimensions: 'output_dimension' },
      refusedFields: ['user'],
    },
    // It has completions for code (`/fim/completions`) only.
    completions: { wire: 'chat' },
  },
  docs: [
    'https://docs.mistral.ai/api/endpoint/chat',
    'https://docs.mistral.ai/capabilities/completion/prefix',
    'https://github.com/mistralai/client-python/blob/main/src/mistralai/client/models/chatcompletionrequest.py',
  ],
};
