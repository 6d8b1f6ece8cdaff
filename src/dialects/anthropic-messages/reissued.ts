// A reply of this wire, or the frame that begins one, given to another caller: with an id of its own.
import type { Reissue } from '../../core/dialect.ts';
import { asObject, type JsonObject } from '../../lib/json.ts';
import { spliceObject } from '../../lib/json-splice.ts';
import { idWords, reissuedPart } from '../reissued-part.ts';

export function reissued(text: string, body: JsonObject, { id }: Reissue): string {
  const begun = asObject(body.message);
  if (begun !== undefined) return reissuedPart(text, 'message', idWords(begun, id));
  const set = body.type === 'message' ? idWords(body, id) : new Map<string, string>();
  return set.size === 0 ? text : spliceObject(text, { set });
}
