// A reply of this wire, or the frame that begins one, given to another caller: with an id of its own.
import { asObject, type JsonObject } from '../../lib/json.ts';
import { withId, withIdInside } from '../with-id.ts';

export function reissued(text: string, body: JsonObject, id: string): string {
  const begun = asObject(body.message);
  return begun === undefined ? withId(text, body, id) : withIdInside(text, 'message', begun, id);
}
