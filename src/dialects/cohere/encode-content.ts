// The hub's parts → content of this wire: texts, images, documents.
import type { DocumentPart, ImagePart } from '../../core/call.ts';
import type { Json, JsonRecord } from '../../lib/json.ts';

export type Lose = (what: string) => void;

export function textPart(text: string): JsonRecord {
  return { type: 'text', text };
}

/** One text is the string it stands for. */
export function contentOf(parts: readonly JsonRecord[]): Json {
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.type === 'text' && typeof only.text === 'string' ? only.text : parts;
}

/** Null where the image is known only to another dialect's provider. */
export function imagePart(part: ImagePart, path: string, lose: Lose): JsonRecord | null {
  const { source, detail } = part;
  if (source.kind === 'file' || source.kind === 'text') {
    lose(`${path}: an image uploaded elsewhere cannot be carried`);
    return null;
  }
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
}

/** A document is data in words: of a file that is none the wire can take nothing, of an address only the address. */
export function documentOf(part: DocumentPart, path: string, lose: Lose): JsonRecord | null {
  const { source, title, filename, context } = part;
  const named = title ?? filename;
  const data = (text: string): JsonRecord => ({
    data: {
      ...(named === undefined ? {} : { title: named }),
      ...(context === undefined ? {} : { context }),
      text,
    },
  });
  switch (source.kind) {
    case 'text':
      return data(source.text);
    case 'base64': {
      const text = source.mediaType.startsWith('text/') ? decoded(source.data) : null;
      if (text !== null) return data(text);
      lose(`${path}: a document of type ${source.mediaType} dropped; documents are text here`);
      return null;
    }
    case 'url':
      lose(`${path}: a document by URL cannot be attached, only its address is told`);
      return data(source.url);
    case 'file':
      lose(`${path}: a document uploaded elsewhere cannot be carried`);
      return null;
  }
}

function decoded(data: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(data));
  } catch {
    return null;
  }
}
