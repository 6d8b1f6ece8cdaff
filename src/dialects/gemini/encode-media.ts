// Pictures, documents and sound → parts of this wire: bytes inline, or the address of what is at Google's or in public.
// ai.google.dev/gemini-api/docs/file-input-methods
import type { AudioPart, DocumentPart, ImagePart, MediaSource } from '../../core/call.ts';
import type { JsonRecord } from '../../lib/json.ts';

type Lose = (what: string) => void;

/** By the ending of an address, where nothing else says what is there; the wire wants to be told. */
const TYPES: { readonly [ending: string]: string } = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  xml: 'text/xml',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
  mpeg: 'video/mpeg',
};

const SOUNDS: { readonly [format: string]: string } = { mp3: 'audio/mpeg', m4a: 'audio/mp4' };

/** Hosts whose addresses the wire itself knows: uploaded files, buckets, videos. */
const OWN_HOSTS: ReadonlySet<string> = new Set([
  'generativelanguage.googleapis.com',
  'youtube.com',
  'www.youtube.com',
  'm.youtube.com',
  'youtu.be',
]);

/** True where an address means something to the provider without anybody fetching it. */
export function isOwnAddress(url: string): boolean {
  if (url.startsWith('gs://')) return true;
  return URL.canParse(url) && OWN_HOSTS.has(new URL(url).hostname);
}

/** Null, and a loss, where the wire cannot have it. */
export function encodeImage(part: ImagePart, path: string, lose: Lose): JsonRecord | null {
  return fromSource(part.source, 'image/jpeg', `${path}: image`, lose);
}

/** A document; its name and what is said of it go before it in words, as parts have no place for them. */
export function encodeDocument(part: DocumentPart, path: string, lose: Lose): JsonRecord[] {
  if (part.citations === true)
    lose(`${path}.citations: dropped; answers here do not cite documents`);
  const { source } = part;
  const title = part.title ?? part.filename;
  if (source.kind === 'text') {
    const heading = [title, part.context].filter(Boolean).join(', ');
    return [{ text: `Document${heading === '' ? '' : ` (${heading})`}:\n${source.text}` }];
  }
  const media = fromSource(source, 'application/pdf', `${path}: document`, lose);
  if (media === null) return [];
  const said = [part.title, part.context].filter(Boolean).join(', ');
  if (part.filename !== undefined && part.title === undefined)
    lose(`${path}.filename: dropped; files have no names here`);
  return said === '' ? [media] : [{ text: `Document (${said}):` }, media];
}

export function encodeAudio({ data, format }: AudioPart): JsonRecord {
  return { inlineData: { mimeType: SOUNDS[format] ?? `audio/${format}`, data } };
}

function fromSource(
  source: MediaSource,
  usual: string,
  what: string,
  lose: Lose,
): JsonRecord | null {
  switch (source.kind) {
    case 'base64':
      return { inlineData: { mimeType: source.mediaType, data: source.data } };
    case 'url':
      return {
        fileData: { mimeType: source.mediaType ?? typeOf(source.url, usual), fileUri: source.url },
      };
    case 'text':
      return { text: source.text };
    case 'file':
      if (source.dialect === 'gemini') return { fileData: { fileUri: source.id } };
      lose(`${what} dropped; it is a file of another provider`);
      return null;
  }
}

function typeOf(url: string, usual: string): string {
  if (!URL.canParse(url)) return usual;
  const { hostname, pathname } = new URL(url);
  if (hostname.endsWith('youtube.com') || hostname === 'youtu.be') return 'video/mp4';
  const ending = pathname.slice(pathname.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[ending] ?? usual;
}
