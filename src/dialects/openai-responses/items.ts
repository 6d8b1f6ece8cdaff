// Items: what the input and the output of this wire are lists of. Their names, ids and contents, read narrowly.
import type { DocumentPart, ImagePart, MediaSource } from '../../core/call.ts';
import { asObjects, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { sourceOf } from '../data-url.ts';
import { DIALECT } from './hosted-tools.ts';

/** The type of an item; a message and a reference may leave it out. */
export function itemType(item: JsonObject): string {
  const type = asString(item.type);
  if (type !== undefined) return type;
  if (item.role !== undefined) return 'message';
  return typeof item.id === 'string' ? 'item_reference' : '';
}

/** What ids of each kind of item begin with. */
export const ITEM_PREFIX = {
  message: 'msg_',
  reasoning: 'rs_',
  function_call: 'fc_',
  custom_tool_call: 'ctc_',
} as const;

/** An item's id, the same each time the same reply is written: strict clients want one on every item. */
export function itemId(kind: keyof typeof ITEM_PREFIX, replyId: string, index: number): string {
  const rest = replyId.startsWith('resp_') ? replyId.slice(5) : replyId;
  return `${ITEM_PREFIX[kind]}${rest}_${index}`;
}

/** True for ids that `itemId` made of a generation id, which is a UUID: no provider's have hyphens there. */
export function isOurId(id: string): boolean {
  const at = id.indexOf('_') + 1;
  return at > 0 && id[at + 8] === '-' && id[at + 13] === '-' && id[at + 36] === '_';
}

/** An `input_image` part; null where it names no image. */
export function readImage(part: JsonObject): ImagePart | null {
  const url = asString(part.image_url);
  const id = asString(part.file_id);
  const known = detailOf(part.detail);
  if (url !== undefined) return { type: 'image', source: sourceOf(url), ...known };
  if (id === undefined) return null;
  return { type: 'image', source: { kind: 'file', id, dialect: DIALECT }, ...known };
}

function detailOf(detail: Json | undefined): Pick<ImagePart, 'detail'> {
  return detail === 'auto' || detail === 'low' || detail === 'high' ? { detail } : {};
}

/** What a file is taken for where nothing says what it is: the one kind every maker reads. */
const DEFAULT_FILE_TYPE = 'application/pdf';

/** An `input_file` part; null where it names no file. */
export function readFile(part: JsonObject): DocumentPart | null {
  const name = asString(part.filename);
  const named = name === undefined ? {} : { filename: name };
  const data = asString(part.file_data);
  const url = asString(part.file_url);
  const id = asString(part.file_id);
  if (data !== undefined) {
    const source: MediaSource = data.startsWith('data:')
      ? sourceOf(data)
      : { kind: 'base64', mediaType: DEFAULT_FILE_TYPE, data };
    return { type: 'document', source, ...named };
  }
  if (url !== undefined) return { type: 'document', source: sourceOf(url), ...named };
  if (id === undefined) return null;
  return { type: 'document', source: { kind: 'file', id, dialect: DIALECT }, ...named };
}

/** The texts of parts such as `summary_text`, `reasoning_text` or `output_text`. */
export function textsOf(parts: Json | undefined): string[] {
  return asObjects(parts).flatMap((part) => asString(part.text) ?? []);
}
