// pointsElsewhere: whether a conversation holds something that stands elsewhere: media at an address, files that were uploaded.
// What is there may be another thing by now, or nothing.
import { isObject, type Json } from '../../lib/json.ts';

/** What answers quoted is nothing that is looked at. */
const QUOTES: ReadonlySet<string> = new Set(['annotations', 'citations', 'tool_calls']);
/** What stands in these is a tool's own, whatever it is called. */
const FREE: ReadonlySet<string> = new Set(['arguments', 'input']);

/** Members of parts that name a place, on all wires: `image_url`, `file_url`, `url`, `uri`; `file_id`, `video_id`. */
const PLACE = /(?:^|_)(?:url|uri)$|(?:Url|Uri)$/;
const KEPT = /^(?:file|video|audio|image|document|container)_id$/;

/** @param value messages, items, or parts of them */
export function pointsElsewhere(value: Json | undefined): boolean {
  if (Array.isArray(value)) {
    for (const item of value) if (pointsElsewhere(item as Json)) return true;
    return false;
  }
  if (!isObject(value)) return false;
  for (const name in value) {
    const member = value[name];
    if (typeof member === 'string') {
      if (isPlace(name, member)) return true;
    } else if (typeof member === 'object' && !QUOTES.has(name) && !FREE.has(name)) {
      if (pointsElsewhere(member)) return true;
    }
  }
  return false;
}

function isPlace(name: string, text: string): boolean {
  if (name === 'type') return text === 'item_reference' || text === 'container_upload';
  // Nearly all members are none of these.
  if (!(name.endsWith('l') || name.endsWith('i') || name.endsWith('d'))) return false;
  if (KEPT.test(name)) return true;
  return PLACE.test(name) && !text.startsWith('data:');
}
