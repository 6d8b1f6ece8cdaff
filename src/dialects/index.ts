// Every wire format this gateway speaks, by its id.
import type { ChatDialect, DialectId } from '../core/dialect.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { openaiChat } from './openai-chat/index.ts';

export const DIALECTS = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
} as const satisfies Record<DialectId, ChatDialect>;
