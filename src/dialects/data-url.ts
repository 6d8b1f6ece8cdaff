// A data URL's bytes: wires that take bytes want them in base64, with a media type in the one spelling all makers know.
import type { MediaSource } from '../core/call.ts';

/** Spellings that makers refuse although everybody knows what is meant. */
const USUAL_NAMES: { readonly [mediaType: string]: string } = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'application/x-pdf': 'application/pdf',
};

/** A data URL's bytes; anything else is an address. */
export function sourceOf(url: string): MediaSource {
  const address: MediaSource = { kind: 'url', url, mediaType: null };
  const comma = url.indexOf(',');
  if (comma === -1 || url.slice(0, 5).toLowerCase() !== 'data:') return address;
  const [type = '', ...parameters] = url.slice(5, comma).split(';');
  const content = url.slice(comma + 1);
  const isBase64 = parameters.at(-1)?.trim().toLowerCase() === 'base64';
  const data = isBase64 ? content : encoded(content);
  if (data === null) return address;
  return { kind: 'base64', mediaType: usualType(type, isBase64), data };
}

/** "If <mediatype> is omitted, it defaults to text/plain" (RFC 2397); whoever wrote base64 did not mean that. */
function usualType(written: string, isBase64: boolean): string {
  const type = written.trim().toLowerCase();
  if (type === '') return isBase64 ? 'application/octet-stream' : 'text/plain';
  return Object.hasOwn(USUAL_NAMES, type) ? (USUAL_NAMES[type] ?? type) : type;
}

/** Null where the percent signs say nothing. */
function encoded(content: string): string | null {
  try {
    return Buffer.from(decodeURIComponent(content)).toString('base64');
  } catch {
    return null;
  }
}
