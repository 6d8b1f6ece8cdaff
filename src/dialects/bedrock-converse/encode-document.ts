// Documents, images and audio of this wire: bytes with a format, documents with a name that is unique and of few characters.
// docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html, …_ImageBlock.html
import type { AudioPart, DocumentPart, ImagePart, MediaSource } from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { Json } from '../../lib/json.ts';

export type Block = { [key: string]: Json };
type Lose = (what: string) => void;

const IMAGE_FORMATS: { readonly [mediaType: string]: string } = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const DOCUMENT_FORMATS: { readonly [mediaType: string]: string } = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
};
const ENDINGS: ReadonlySet<string> = new Set(Object.values(DOCUMENT_FORMATS));

const MAX_NAME_CHARS = 200;

/** The names given in one request. */
export class DocumentNames {
  readonly #given = new Set<string>();

  /** Letters, digits, single spaces, hyphens, parentheses and square brackets; a name that was given gets a number. */
  give(wanted: string): string {
    const lawful = wanted
      .replaceAll(/[^A-Za-z0-9\s\-()[\]]/g, '-')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, MAX_NAME_CHARS - 6);
    const plain = /[A-Za-z0-9]/.test(lawful) ? lawful : 'document';
    let name = plain;
    for (let n = 2; this.#given.has(name); n += 1) name = `${plain} (${n})`;
    this.#given.add(name);
    return name;
  }
}

/** Null where the API cannot read it, which is named. */
export function encodeImage(part: ImagePart, path: string, lose: Lose): Block | null {
  const { source } = part;
  const format =
    source.kind === 'url' ? endingOf(source.url) : formatOf(IMAGE_FORMATS, mediaTypeOf(source));
  const bytes = bytesOf(source);
  if (format === null || bytes === null) {
    lose(`${path}: image dropped; the API takes PNG, JPEG, GIF and WebP, as bytes or from S3`);
    return null;
  }
  if (part.detail === 'low' || part.detail === 'high')
    lose(`${path}.detail: ${part.detail} dropped`);
  return { image: { format: format === 'jpg' ? 'jpeg' : format, source: bytes } };
}

/** Null where the API cannot read it, which is named. */
export function encodeDocument(
  part: DocumentPart,
  path: string,
  rule: ModelRule,
  names: DocumentNames,
  lose: Lose,
): Block | null {
  const { source, filename, title, context } = part;
  const format = documentFormat(part);
  const bytes = bytesOf(source);
  if (format === null || bytes === null) {
    const known = [...ENDINGS].join(', ');
    lose(`${path}: document dropped; the API takes ${known}, as bytes or from S3`);
    return null;
  }
  const wanted = withoutEnding(title ?? filename ?? 'document', format);
  const name = names.give(wanted);
  if (name !== wanted) lose(`${path}.filename: written as ${JSON.stringify(name)}`);
  else if (title !== undefined && filename !== undefined)
    lose(`${path}.filename: dropped; its title is sent`);
  // Only Claude cites, and only where it does is there a place for what a document is about.
  const cites = rule.ownFields === 'anthropic';
  if (!cites && context !== undefined) lose(`${path}.context: dropped; the model takes none`);
  if (!cites && part.citations === true)
    lose(`${path}.citations: dropped; the model does not cite documents`);
  return {
    document: {
      format,
      name,
      source: bytes,
      ...(cites && context !== undefined ? { context } : {}),
      ...(cites && part.citations === true ? { citations: { enabled: true } } : {}),
    },
  };
}

/** Null where the model listens to nothing, which is named. */
export function encodeAudio(
  part: AudioPart,
  path: string,
  rule: ModelRule,
  lose: Lose,
): Block | null {
  if (rule.ownFields === 'anthropic') {
    lose(`${path}: audio dropped; the model takes none`);
    return null;
  }
  return { audio: { format: part.format, source: { bytes: part.data } } };
}

function documentFormat({ source, filename, title }: DocumentPart): string | null {
  const named = endingOf(filename ?? '') ?? endingOf(title ?? '');
  const byName = named !== null && ENDINGS.has(named) ? named : null;
  switch (source.kind) {
    case 'text':
      return 'txt';
    case 'url':
      return endingOf(source.url) ?? byName;
    case 'base64': {
      const type = mediaTypeOf(source);
      const format = formatOf(DOCUMENT_FORMATS, type) ?? byName;
      if (format !== null) return format;
      return type.startsWith('text/') || type === 'application/json' ? 'txt' : null;
    }
    case 'file':
      return byName ?? 'txt';
  }
}

/** Bytes, or a place in S3, which is the only address the API reads; else null. */
function bytesOf(source: MediaSource): Block | null {
  switch (source.kind) {
    case 'base64':
      return { bytes: source.data };
    case 'text':
      return { bytes: Buffer.from(source.text).toString('base64') };
    case 'url':
      return isS3(source.url) ? { s3Location: { uri: source.url } } : null;
    case 'file':
      return null;
  }
}

export function isS3(url: string): boolean {
  return url.startsWith('s3://');
}

function mediaTypeOf(source: MediaSource): string {
  const type = source.kind === 'base64' ? source.mediaType : '';
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}

function formatOf(formats: { readonly [mediaType: string]: string }, type: string): string | null {
  return Object.hasOwn(formats, type) ? (formats[type] ?? null) : null;
}

function endingOf(name: string): string | null {
  const path = name.split('?')[0] ?? '';
  const dot = path.lastIndexOf('.');
  return dot === -1 ? null : path.slice(dot + 1).toLowerCase();
}

/** The format is said beside the name, which may not hold a dot. */
function withoutEnding(name: string, format: string): string {
  return name.toLowerCase().endsWith(`.${format}`) ? name.slice(0, -format.length - 1) : name;
}
