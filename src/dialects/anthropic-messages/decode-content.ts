// Content blocks of this wire → parts. What only this wire knows is kept whole as an opaque part; fields of a known
// block that have no word here are kept by their path, so that another wire can name them as losses.
import type {
  CacheMark,
  DocumentPart,
  ImagePart,
  MediaSource,
  OpaquePart,
  Part,
  TextPart,
  ToolResultPart,
} from '../../core/call.ts';
import { invalid } from '../../core/errors.ts';
import { asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { OWN_FORMAT, unpack } from './foreign-signature.ts';
import { fromWireName } from './wire-names.ts';

const DIALECT = 'anthropic-messages';

/** Collects fields without a word of ours: path → value. */
export type Leftovers = Map<string, Json>;

/** String content is shorthand for one text block. */
export function decodeContent(content: Json | undefined, path: string, left: Leftovers): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content))
    throw invalid(path, 'must be a string or an array of content blocks');
  return content.map((block: Json, index) => decodeBlock(block, `${path}[${index}]`, left));
}

function decodeBlock(value: Json, path: string, left: Leftovers): Part {
  if (!isObject(value)) throw invalid(path, 'must be an object');
  switch (value.type) {
    case 'text':
      return decodeText(value, path, left);
    case 'image':
    case 'document':
      return decodeMedia(value, path, left);
    case 'tool_use':
      keep(value, ['type', 'id', 'name', 'input', 'cache_control', 'caller'], path, left);
      keepCaller(value, path, left);
      return {
        type: 'tool-use',
        id: fromWireName(text(value, 'id', path)),
        name: fromWireName(text(value, 'name', path)),
        arguments: JSON.stringify(value.input ?? {}),
        ...cacheOf(value),
      };
    case 'tool_result':
      return decodeToolResult(value, path, left);
    case 'thinking':
      return decodeThinking(value, path);
    case 'redacted_thinking': {
      const data = text(value, 'data', path);
      const foreign = unpack(data);
      if (foreign === null) return { type: 'redacted-reasoning', data, format: OWN_FORMAT };
      return {
        type: 'redacted-reasoning',
        data: foreign.data,
        ...(foreign.format === null ? {} : { format: foreign.format }),
      };
    }
    default:
      if (typeof value.type !== 'string') throw invalid(`${path}.type`, 'must be a string');
      return opaque(value);
  }
}

function decodeText(value: JsonObject, path: string, left: Leftovers): TextPart {
  keep(value, ['type', 'text', 'citations', 'cache_control'], path, left);
  const { citations } = value;
  return {
    type: 'text',
    text: text(value, 'text', path),
    ...(Array.isArray(citations) && citations.length > 0
      ? { citations: { dialect: DIALECT, value: citations } }
      : {}),
    ...cacheOf(value),
  };
}

/** Images and documents; a source without a word of ours (a list of blocks, one yet to come) stays opaque. */
function decodeMedia(
  value: JsonObject,
  path: string,
  left: Leftovers,
): ImagePart | DocumentPart | OpaquePart {
  const source = decodeSource(asObject(value.source), `${path}.source`);
  if (source === null) return opaque(value);
  if (value.type === 'image') {
    keep(value, ['type', 'source', 'cache_control'], path, left);
    return { type: 'image', source, ...cacheOf(value) };
  }
  keep(value, ['type', 'source', 'title', 'context', 'citations', 'cache_control'], path, left);
  const title = asString(value.title);
  const context = asString(value.context);
  const citations = asObject(value.citations)?.enabled;
  return {
    type: 'document',
    source,
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
    ...(typeof citations === 'boolean' ? { citations } : {}),
    ...cacheOf(value),
  };
}

function decodeSource(source: JsonObject | undefined, path: string): MediaSource | null {
  if (source === undefined) throw invalid(path, 'must be an object');
  switch (source.type) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: text(source, 'media_type', path),
        data: text(source, 'data', path),
      };
    case 'url':
      return { kind: 'url', url: text(source, 'url', path), mediaType: null };
    case 'text':
      return { kind: 'text', text: text(source, 'data', path) };
    case 'file':
      return { kind: 'file', id: text(source, 'file_id', path), dialect: DIALECT };
    default:
      return null;
  }
}

function decodeToolResult(value: JsonObject, path: string, left: Leftovers): ToolResultPart {
  keep(value, ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'], path, left);
  const parts =
    value.content === undefined || value.content === null
      ? []
      : decodeContent(value.content, `${path}.content`, left);
  const content = parts.map((part, index) => {
    switch (part.type) {
      case 'text':
      case 'image':
      case 'document':
      case 'opaque':
        return part;
      default:
        throw invalid(`${path}.content[${index}].type`, 'does not belong in a tool result');
    }
  });
  return {
    type: 'tool-result',
    toolUseId: fromWireName(text(value, 'tool_use_id', path)),
    content,
    ...(typeof value.is_error === 'boolean' ? { isError: value.is_error } : {}),
    ...cacheOf(value),
  };
}

function decodeThinking(value: JsonObject, path: string): Part {
  const thinking = text(value, 'thinking', path);
  const signature = asString(value.signature) ?? '';
  const foreign = unpack(signature);
  if (foreign === null) {
    // Without a signature it is nobody's: a server that imitates this wire need not sign.
    if (signature === '') return { type: 'reasoning', text: thinking };
    return { type: 'reasoning', text: thinking, signature, format: OWN_FORMAT };
  }
  return {
    type: 'reasoning',
    text: thinking,
    ...(foreign.data === '' ? {} : { signature: foreign.data }),
    ...(foreign.format === null ? {} : { format: foreign.format }),
  };
}

function opaque(value: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: DIALECT, value, ...cacheOf(value) };
}

export function cacheOf(value: JsonObject): { readonly cache?: CacheMark } {
  const mark = asObject(value.cache_control);
  if (mark === undefined) return {};
  const { ttl } = mark;
  return { cache: { ttl: ttl === '5m' || ttl === '1h' ? ttl : null } };
}

function text(object: JsonObject, key: string, path: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw invalid(`${path}.${key}`, 'must be a string');
  return value;
}

/** Null is how this wire writes a field that says nothing. */
function keep(value: JsonObject, known: readonly string[], path: string, left: Leftovers): void {
  for (const key in value) {
    const field = value[key];
    if (field === undefined || field === null || known.includes(key)) continue;
    left.set(`${path}.${key}`, field);
  }
}

/** A call the model made itself says so; only one made by a hosted tool on its behalf is news. */
function keepCaller(value: JsonObject, path: string, left: Leftovers): void {
  const caller = asObject(value.caller);
  if (caller !== undefined && caller.type !== 'direct') left.set(`${path}.caller`, caller as Json);
}
