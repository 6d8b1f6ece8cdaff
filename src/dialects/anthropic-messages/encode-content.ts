// Parts → content blocks of this wire. What the wire cannot carry is dropped and named by its path.
import type {
  CacheMark,
  DocumentPart,
  ImagePart,
  MediaSource,
  Message,
  Part,
  TextPart,
  ToolResultPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { Json } from '../../lib/json.ts';
import { argumentsOf } from '../call-arguments.ts';
import { OWN_FORMAT } from './foreign-signature.ts';
import { toWireName } from './wire-names.ts';

/** A block under construction; its object is JSON by construction. */
export type Block = { [key: string]: Json };
type Lose = (what: string) => void;

const DIALECT = 'anthropic-messages';

/** The blocks of one message. Throws `invalid_request` where a tool call's arguments are no JSON object. */
export function encodeParts(message: Message, lose: Lose): Block[] {
  const blocks: Block[] = [];
  message.parts.forEach((part, index) => {
    const path = `${message.path}.content[${index}]`;
    const block = encodePart(part, message.role, path, lose);
    if (block !== null) blocks.push(block);
  });
  return blocks;
}

function encodePart(part: Part, role: Message['role'], path: string, lose: Lose): Block | null {
  switch (part.type) {
    case 'text':
      return encodeText(part, path, lose);
    case 'refusal':
      lose(`${path}: a refusal; sent as plain text`);
      return encodeText({ ...part, type: 'text' }, path, lose);
    case 'image':
    case 'document':
      if (role === 'user') return encodeMedia(part, path, lose);
      lose(`${path}: ${part.type} dropped; only user turns take one`);
      return null;
    case 'audio':
      lose(`${path}: audio dropped; the API takes none`);
      return null;
    case 'tool-use':
      return encodeToolUse(part, path);
    case 'tool-result':
      return encodeToolResult(part, path, lose);
    case 'reasoning':
      if (part.format === OWN_FORMAT && part.signature !== undefined) {
        return { type: 'thinking', thinking: part.text, signature: part.signature };
      }
      lose(`${path}: reasoning dropped; it is not signed by this API`);
      return null;
    case 'redacted-reasoning':
      if (part.format === OWN_FORMAT) return { type: 'redacted_thinking', data: part.data };
      lose(`${path}: reasoning dropped; it is not signed by this API`);
      return null;
    case 'opaque':
      return encodeOpaque(part, path, lose);
  }
}

/** Text that is empty or blank is refused, and says nothing. */
function encodeText(part: TextPart, path: string, lose: Lose): Block | null {
  if (part.text.trim() === '') return null;
  const { citations } = part;
  if (citations && citations.dialect !== DIALECT)
    lose(`${path}.citations: dropped; of another kind`);
  return {
    type: 'text',
    text: part.text,
    ...(citations?.dialect === DIALECT ? { citations: citations.value } : {}),
    ...encodeCache(part.cache),
  };
}

function encodeMedia(part: ImagePart | DocumentPart, path: string, lose: Lose): Block | null {
  if (part.type === 'image') {
    const source = imageSource(part.source);
    if (source === null) {
      const why = 'the API takes JPEG, PNG, GIF and WebP';
      const other = part.source.kind === 'file' ? 'it is a file of another provider' : why;
      lose(`${path}: image dropped; ${other}`);
      return null;
    }
    if (part.detail === 'low' || part.detail === 'high')
      lose(`${path}.detail: ${part.detail} dropped`);
    return { type: 'image', source, ...encodeCache(part.cache) };
  }
  const source = documentSource(part.source);
  if (source === null) {
    lose(`${path}: document dropped; the API takes PDF and plain text`);
    return null;
  }
  const title = part.title ?? part.filename;
  // A filename that became the title has arrived.
  if (part.filename !== undefined && part.title !== undefined)
    lose(`${path}.filename: dropped; its title is sent`);
  return {
    type: 'document',
    source,
    ...(title === undefined ? {} : { title }),
    ...(part.context === undefined ? {} : { context: part.context }),
    ...(part.citations === undefined ? {} : { citations: { enabled: part.citations } }),
    ...encodeCache(part.cache),
  };
}

/** platform.claude.com/docs/en/build-with-claude/vision */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
]);

function imageSource(source: MediaSource): Block | null {
  switch (source.kind) {
    case 'base64':
      if (!IMAGE_TYPES.has(source.mediaType)) return null;
      return { type: 'base64', media_type: source.mediaType, data: source.data };
    case 'url':
      return { type: 'url', url: source.url };
    case 'file':
      return source.dialect === DIALECT ? { type: 'file', file_id: source.id } : null;
    case 'text':
      return null;
  }
}

function documentSource(source: MediaSource): Block | null {
  switch (source.kind) {
    case 'base64':
      if (source.mediaType === 'application/pdf') {
        return { type: 'base64', media_type: source.mediaType, data: source.data };
      }
      if (!source.mediaType.startsWith('text/')) return null;
      return { type: 'text', media_type: 'text/plain', data: decodeBase64(source.data) };
    case 'url':
      return { type: 'url', url: source.url };
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text };
    case 'file':
      return source.dialect === DIALECT ? { type: 'file', file_id: source.id } : null;
  }
}

function decodeBase64(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}

function encodeToolUse(part: ToolUsePart, path: string): Block {
  return {
    type: 'tool_use',
    id: toWireName(part.id),
    name: toWireName(part.name),
    input: argumentsOf(part, path),
    ...encodeCache(part.cache),
  };
}

/** A single plain text stays a string, which is what callers of other dialects wrote. */
function encodeToolResult(part: ToolResultPart, path: string, lose: Lose): Block {
  const content: Block[] = [];
  part.content.forEach((inner, index) => {
    const here = `${path}.content[${index}]`;
    const block =
      inner.type === 'opaque'
        ? encodeOpaque(inner, here, lose)
        : encodePart(inner, 'user', here, lose);
    if (block !== null) content.push(block);
  });
  const only = content.length === 1 ? content[0] : undefined;
  const plain = only?.type === 'text' && Object.keys(only).length === 2 ? only.text : undefined;
  return {
    type: 'tool_result',
    tool_use_id: toWireName(part.toolUseId),
    ...(content.length === 0 ? {} : { content: plain ?? content }),
    ...(part.isError === undefined ? {} : { is_error: part.isError }),
    ...encodeCache(part.cache),
  };
}

function encodeOpaque(
  part: Extract<Part, { type: 'opaque' }>,
  path: string,
  lose: Lose,
): Block | null {
  if (part.dialect === DIALECT) return structuredClone(part.value) as Block;
  const type = typeof part.value.type === 'string' ? part.value.type : 'part';
  lose(`${path}: ${type} dropped; only ${part.dialect} has it`);
  return null;
}

export function encodeCache(cache: CacheMark | undefined): { readonly cache_control?: Block } {
  if (cache === undefined) return {};
  return {
    cache_control: { type: 'ephemeral', ...(cache.ttl === null ? {} : { ttl: cache.ttl }) },
  };
}
