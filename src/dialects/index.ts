// Every wire format this gateway speaks, by its id.
import type { CallerDialectId, ChatDialect, DialectId, UpstreamDialect } from '../core/dialect.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { cohere } from './cohere/index.ts';
import { openaiChat } from './openai-chat/index.ts';

/** Spoken to callers and to providers. */
export const DIALECTS = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
} as const satisfies Partial<Record<CallerDialectId, ChatDialect>>;

/** Spoken to providers. */
export const UPSTREAM_DIALECTS: { readonly [D in DialectId]?: UpstreamDialect } = {
  ...DIALECTS,
  cohere,
};

export function upstreamDialect(id: DialectId): UpstreamDialect {
  const dialect = UPSTREAM_DIALECTS[id];
  if (dialect === undefined) throw new Error(`the wire ${id} is not spoken yet`);
  return dialect;
}
