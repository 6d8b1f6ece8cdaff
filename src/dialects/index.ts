// Every wire format this gateway speaks, by its id.
import type { CallerDialectId, ChatDialect, DialectId, UpstreamDialect } from '../core/dialect.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { cohere } from './cohere/index.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

/** Spoken to callers and to providers. */
export const DIALECTS = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
} as const satisfies Record<CallerDialectId, ChatDialect>;

export function isCallerWire(id: DialectId): id is CallerDialectId {
  return Object.hasOwn(DIALECTS, id);
}

/** Spoken to providers. */
export const UPSTREAM_DIALECTS: { readonly [D in DialectId]: UpstreamDialect } = {
  ...DIALECTS,
  'bedrock-converse': bedrockConverse,
  cohere,
  gemini,
};
