// A response of this wire, or a frame that holds one, given to another caller: with an id of its own, and with what it repeats
// of the request that says who asks, not what.
import type { Reissue } from '../../core/dialect.ts';
import { asObject, type Json, type JsonObject } from '../../lib/json.ts';
import { spliceObject } from '../../lib/json-splice.ts';
import { idWords, reissuedPart } from '../reissued-part.ts';
import { flat } from './decode-call.ts';

/** With what stands where the request does not have them. */
const ASKERS_OWN: { readonly [member: string]: Json } = {
  metadata: {},
  user: null,
  safety_identifier: null,
  prompt_cache_key: null,
};

export function reissued(text: string, body: JsonObject, as: Reissue): string {
  const inside = asObject(body.response);
  if (inside !== undefined) return reissuedPart(text, 'response', words(inside, as));
  if (body.object !== 'response') return text;
  const set = words(body, as);
  return set.size === 0 ? text : spliceObject(text, { set });
}

function words(response: JsonObject, { id, request }: Reissue): Map<string, string> {
  const set = idWords(response, id);
  const asked = flat(request);
  for (const [member, otherwise] of Object.entries(ASKERS_OWN)) {
    if (response[member] === undefined) continue;
    const own = JSON.stringify(asked[member] ?? otherwise);
    if (own !== JSON.stringify(response[member])) set.set(member, own);
  }
  return set;
}
