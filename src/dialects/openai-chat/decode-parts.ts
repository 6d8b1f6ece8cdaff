// Content parts of this wire ↔ the hub's: the reading half.
import type {
  CacheMark,
  DocumentPart,
  ImagePart,
  OpaquePart,
  Part,
  TextPart,
} from '../../core/call.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { sourceOf } from '../data-url.ts';
import { thinkingTexts } from './decode-answer.ts';

/** What a file is taken for where nothing says what it is: the one kind of file every maker reads. */
const DEFAULT_FILE_TYPE = 'application/pdf';

/** A message's content as parts: a string is one text, null and '' are none. */
export function decodeContent(content: Json | undefined): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asArray(content).flatMap((part) => (isObject(part) ? decodePart(part) : []));
}

/** What may stand in a tool's result. */
export function decodeResultContent(
  content: Json | undefined,
): (TextPart | ImagePart | DocumentPart | OpaquePart)[] {
  return decodeContent(content).flatMap((part) => {
    switch (part.type) {
      case 'text':
      case 'image':
      case 'document':
      case 'opaque':
        return [part];
      default:
        return [];
    }
  });
}

function decodePart(part: JsonObject): Part[] {
  const cache = decodeCache(part);
  const marked = cache === null ? {} : { cache };
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: asString(part.text) ?? '', ...marked }];
    case 'image_url':
      return [{ ...decodeImage(part.image_url), ...marked }];
    case 'input_audio': {
      const audio = asObject(part.input_audio) ?? {};
      return [
        {
          type: 'audio',
          data: asString(audio.data) ?? '',
          format: asString(audio.format) ?? 'wav',
          ...marked,
        },
      ];
    }
    case 'file':
      return [{ ...decodeFile(asObject(part.file) ?? {}), ...marked }];
    case 'document_url': {
      const url = asString(part.document_url) ?? asString(asObject(part.document_url)?.url) ?? '';
      return [{ type: 'document', source: sourceOf(url), ...marked }];
    }
    case 'refusal':
      return [{ type: 'refusal', text: asString(part.refusal) ?? '' }];
    case 'thinking':
      return thinkingTexts(part.thinking).map((text) => ({ type: 'reasoning', text }));
    default:
      return [{ type: 'opaque', dialect: 'openai-chat', value: part }];
  }
}

function decodeImage(value: Json | undefined): ImagePart {
  const image = asObject(value) ?? { url: asString(value) ?? '' };
  const { detail } = image;
  const known = detail === 'auto' || detail === 'low' || detail === 'high';
  return {
    type: 'image',
    source: sourceOf(asString(image.url) ?? ''),
    ...(known ? { detail } : {}),
  };
}

function decodeFile(file: JsonObject): DocumentPart {
  const id = asString(file.file_id);
  const name = asString(file.filename);
  const named = name === undefined ? {} : { filename: name };
  if (id !== undefined)
    return { type: 'document', source: { kind: 'file', id, dialect: 'openai-chat' }, ...named };
  const data = asString(file.file_data) ?? asString(file.file_url) ?? '';
  if (data.startsWith('data:') || /^https?:\/\//.test(data.slice(0, 8)))
    return { type: 'document', source: sourceOf(data), ...named };
  return {
    type: 'document',
    source: { kind: 'base64', mediaType: DEFAULT_FILE_TYPE, data },
    ...named,
  };
}

/** A prompt-cache mark as gateways and several makers take it on this wire: `cache_control: {type: "ephemeral", ttl?}`. */
export function decodeCache(holder: JsonObject): CacheMark | null {
  const mark = asObject(holder.cache_control);
  // The wire's own maker has a mark of its own, without a lifetime.
  if (!mark) return asObject(holder.prompt_cache_breakpoint) ? { ttl: null } : null;
  const { ttl } = mark;
  return { ttl: ttl === '5m' || ttl === '1h' ? ttl : null };
}
