// What the conventions call an endpoint, and a model's name without its provider's.
import type { AttemptOutcome } from '../core/exchange.ts';

const OPERATIONS: { readonly [endpoint: string]: string } = {
  'chat.completions': 'chat',
  responses: 'chat',
  messages: 'chat',
  completions: 'text_completion',
  'cache.embeddings': 'embeddings',
};

/** Where the conventions have no name of their own, the endpoint's is one: they allow it. */
export function operationOf(endpoint: string): string {
  return OPERATIONS[endpoint] ?? endpoint;
}

/** `gpt-5` of `openai/gpt-5`. */
export function modelName({ provider, model }: Pick<AttemptOutcome, 'provider' | 'model'>): string {
  return model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
}
