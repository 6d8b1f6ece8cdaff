// A reply of this wire, or a chunk of one, given to another caller: with an id of its own.
import type { Reissue } from '../../core/dialect.ts';
import type { JsonObject } from '../../lib/json.ts';
import { spliceObject } from '../../lib/json-splice.ts';
import { idWords } from '../reissued-part.ts';

export function reissued(text: string, body: JsonObject, { id }: Reissue): string {
  const set = idWords(body, id);
  return set.size === 0 ? text : spliceObject(text, { set });
}
