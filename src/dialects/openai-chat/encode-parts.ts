// Content parts of this wire ↔ the hub's: the writing half.
import type {
  AudioPart,
  CacheMark,
  DocumentPart,
  ImagePart,
  MediaSource,
  TextPart,
} from '../../core/call.ts';
import type { Quirks } from '../../core/provider.ts';
import type { JsonObject, JsonRecord } from '../../lib/json.ts';

/** Says that something at a path could not be carried. */
export type Lose = (path: string, problem: string) => void;

export function textPart(text: string): JsonRecord {
  return { type: 'text', text };
}

export function cacheControl(cache: CacheMark): JsonRecord {
  return { type: 'ephemeral', ...(cache.ttl === null ? {} : { ttl: cache.ttl }) };
}

/** Null where the source is one only another dialect's provider knows. */
export function imagePart(part: ImagePart, path: string, lose: Lose): JsonRecord | null {
  const url = addressOf(part.source);
  if (url === null) {
    lose(path, 'an image uploaded elsewhere cannot be carried');
    return null;
  }
  return {
    type: 'image_url',
    image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
  };
}

function addressOf(source: MediaSource): string | null {
  switch (source.kind) {
    case 'base64':
      return `data:${source.mediaType};base64,${source.data}`;
    case 'url':
      return source.url;
    case 'text':
    case 'file':
      return null;
  }
}

export function audioPart(part: AudioPart): JsonRecord {
  return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
}

/**
 * A document as a file part. Text is put into words, as this wire has no documents of plain text, and of an address only
 * the address can be told: files here come as bytes.
 */
export function documentPart(
  part: DocumentPart,
  path: string,
  style: Quirks['documentPart'],
  lose: Lose,
): JsonRecord | null {
  const { source } = part;
  if (part.citations === true)
    lose(`${path}.citations`, 'a chat completion does not cite documents');
  if (style === 'document_url' && (source.kind === 'base64' || source.kind === 'url'))
    return documentUrl(part, source);
  switch (source.kind) {
    case 'base64':
      return {
        type: 'file',
        file: {
          filename: part.filename ?? filenameFor(part.title, source.mediaType),
          file_data: `data:${source.mediaType};base64,${source.data}`,
        },
      };
    case 'text':
      return textPart(introduced(part, source.text));
    case 'url':
      lose(path, 'a document by URL cannot be attached, only its address is told');
      return textPart(introduced(part, source.url));
    case 'file':
      if (source.dialect === 'openai-chat') return { type: 'file', file: { file_id: source.id } };
      lose(path, 'a document uploaded elsewhere cannot be carried');
      return null;
  }
}

/** Recorded: with an address or a data URL. */
function documentUrl(
  { title, filename }: DocumentPart,
  source: Extract<MediaSource, { kind: 'base64' | 'url' }>,
): JsonRecord {
  const name = title ?? filename;
  return {
    type: 'document_url',
    document_url:
      source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`,
    ...(name === undefined ? {} : { document_name: name }),
  };
}

function introduced(part: DocumentPart, body: string): string {
  const heading = [part.title ?? part.filename, part.context].filter(
    (line) => line !== undefined && line !== '',
  );
  return `Document${heading.length === 0 ? '' : ` (${heading.join(', ')})`}:\n${body}`;
}

/** A name is required, and a title has no ending; by the ending some servers tell what the file is (strands-agents/harness-sdk pull/3912). */
function filenameFor(title: string | undefined, mediaType: string): string {
  const ending = `.${mediaType === 'application/pdf' ? 'pdf' : (mediaType.split('/')[1] ?? 'bin')}`;
  const name = title === undefined || title === '' ? 'document' : title;
  return name.toLowerCase().endsWith(ending) ? name : name + ending;
}

/** Text parts as one string where nothing but text is in them: the form every server takes. */
export function joinTexts(parts: readonly TextPart[], separator: string): string {
  return parts.map((part) => part.text).join(separator);
}

/** The texts of a system, user or tool message as one string; each part is a piece of its own. */
export function joinedTexts(parts: readonly JsonObject[]): string {
  return parts.map((part) => part.text).join('\n\n');
}
