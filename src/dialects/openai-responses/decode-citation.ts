// Annotations of this wire → citations: those of a URL in the chat wire's shape, which every dialect knows, others as they are.
import type { BlockDelta } from '../../core/event.ts';
import { asString, type Json, type JsonObject } from '../../lib/json.ts';
import { DIALECT } from './hosted-tools.ts';

export function citationOf(annotation: JsonObject): BlockDelta {
  const { type, ...rest } = annotation;
  if (type !== 'url_citation' || asString(annotation.url) === undefined)
    return { kind: 'citation', dialect: DIALECT, value: annotation as Json };
  const value: JsonObject = { type, url_citation: rest as Json };
  return { kind: 'citation', dialect: 'openai-chat', value: value as Json };
}
