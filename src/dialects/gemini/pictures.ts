// Pictures in an answer, in the form this gateway's chat callers know: `images` with a data URL, as routers write it
// (openrouter.ai/docs/features/multimodal/image-generation).
import { asObject, asString, type JsonObject } from '../../lib/json.ts';

/** Null where the part is no picture, or only a draft: models that draw think in pictures too. */
export function pictureOf(part: JsonObject): JsonObject | null {
  const data = asObject(part.inlineData);
  const mediaType = asString(data?.mimeType) ?? '';
  if (data === undefined || !mediaType.startsWith('image/') || part.thought === true) return null;
  const url = `data:${mediaType};base64,${asString(data.data) ?? ''}`;
  return { images: [{ type: 'image_url', image_url: { url } }] };
}
