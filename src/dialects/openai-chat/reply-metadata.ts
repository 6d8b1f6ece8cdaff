// Our metadata spliced into a text the provider wrote; every other byte stays.
import type { ReplyMetadata } from '../../core/exchange.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { appendMember, spliceObject } from '../../lib/json-splice.ts';

/** A whole reply with our metadata at its top level. */
export function forwardReply(text: string, body: JsonObject, metadata: ReplyMetadata): string {
  if (body.metadata === undefined) return appendMember(text, 'metadata', JSON.stringify(metadata));
  return withMetadata(text, body, metadata, {});
}

/**
 * The text of an object with `metadata` put in (members of one that was there stay beside ours, which win) and other
 * top-level members set (undefined: removed).
 */
export function withMetadata(
  text: string,
  body: JsonObject,
  metadata: ReplyMetadata,
  members: JsonObject,
): string {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) remove.add(name);
    else set.set(name, JSON.stringify(value));
  }
  set.set(
    'metadata',
    JSON.stringify(isObject(body.metadata) ? { ...body.metadata, ...metadata } : metadata),
  );
  return spliceObject(text, { remove, set });
}
