// Our metadata spliced into a text the provider wrote; every other byte stays.
import type { ReplyMetadata } from '../../core/exchange.ts';
import type { JsonObject } from '../../lib/json.ts';
import { appendMember, spliceObject } from '../../lib/json-splice.ts';
import { METADATA_FIELD } from './encode-error.ts';

/** A whole response with our metadata at its top level. Its own `metadata` is the caller's and stays. */
export function forwardReply(text: string, body: JsonObject, metadata: ReplyMetadata): string {
  const json = JSON.stringify(metadata);
  if (body[METADATA_FIELD] === undefined) return appendMember(text, METADATA_FIELD, json);
  return spliceObject(text, { set: new Map([[METADATA_FIELD, json]]) });
}
