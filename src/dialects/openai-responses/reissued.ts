// A response of this wire, or a frame that holds one, given to another caller: with an id of its own. Its items keep theirs.
import { asObject, type JsonObject } from '../../lib/json.ts';
import { withId, withIdInside } from '../with-id.ts';

export function reissued(text: string, body: JsonObject, id: string): string {
  const inside = asObject(body.response);
  return inside === undefined ? withId(text, body, id) : withIdInside(text, 'response', inside, id);
}
