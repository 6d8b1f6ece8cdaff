// Content of messages and of tool outputs on this wire → the hub's parts.
import type {
  DocumentPart,
  ImagePart,
  OpaquePart,
  Part,
  TextPart,
  ToolResultPart,
} from '../../core/call.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { DIALECT } from './hosted-tools.ts';
import { readFile, readImage } from './items.ts';

/** What found no place in the hub's words, by its path. */
export type Leftovers = Map<string, Json>;

/** A string is one text; `''` and an empty list are none. */
export function decodeContent(
  content: Json | undefined,
  path: string,
  left: Leftovers,
): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asArray(content).flatMap((part, at) =>
    isObject(part) ? decodePart(part, `${path}[${at}]`, left) : [],
  );
}

function decodePart(part: JsonObject, path: string, left: Leftovers): readonly Part[] {
  const found = knownPart(part);
  if (found === null) return [{ type: 'opaque', dialect: DIALECT, value: part }];
  keep(part, [...(KNOWN[asString(part.type) ?? ''] ?? []), 'prompt_cache_breakpoint'], path, left);
  return [asObject(part.prompt_cache_breakpoint) ? { ...found, cache: { ttl: null } } : found];
}

function knownPart(part: JsonObject): Part | null {
  switch (part.type) {
    // `text` is how client libraries of other wires write it, and the maker takes it too.
    case 'input_text':
    case 'text':
      return { type: 'text', text: asString(part.text) ?? '' };
    case 'output_text':
      return outputText(part);
    case 'refusal':
      return { type: 'refusal', text: asString(part.refusal) ?? '' };
    case 'input_image':
      return readImage(part);
    case 'input_file':
      return readFile(part);
    case 'input_audio': {
      const audio = asObject(part.input_audio);
      const data = asString(audio?.data);
      return data === undefined
        ? null
        : { type: 'audio', data, format: asString(audio?.format) ?? 'wav' };
    }
    default:
      return null;
  }
}

/** Its citations come back as they were written. */
function outputText(part: JsonObject): TextPart {
  const text = asString(part.text) ?? '';
  const { annotations } = part;
  if (!Array.isArray(annotations) || annotations.length === 0) return { type: 'text', text };
  return { type: 'text', text, citations: { dialect: DIALECT, value: annotations as Json } };
}

const KNOWN: { readonly [type: string]: readonly string[] } = {
  input_text: ['type', 'text'],
  text: ['type', 'text'],
  // Likelihoods are of use only to whoever asked for them.
  output_text: ['type', 'text', 'annotations', 'logprobs'],
  refusal: ['type', 'refusal'],
  input_image: ['type', 'image_url', 'file_id', 'detail'],
  input_file: ['type', 'file_data', 'file_id', 'file_url', 'filename'],
  input_audio: ['type', 'input_audio'],
};

/** The output of a call: a string or parts. */
export function decodeOutput(
  output: Json | undefined,
  path: string,
  left: Leftovers,
): ToolResultPart['content'] {
  // Some clients write what a tool gave as an object; the model is to read it as it stands.
  if (isObject(output)) return [{ type: 'text', text: JSON.stringify(output) }];
  if (typeof output === 'string') return output === '' ? [] : [{ type: 'text', text: output }];
  return asArray(output).flatMap((value, at) => {
    if (!isObject(value)) return [];
    return decodePart(value, `${path}[${at}]`, left).map((part) =>
      isResultPart(part) ? part : { type: 'opaque' as const, dialect: DIALECT, value },
    );
  });
}

function isResultPart(part: Part): part is TextPart | ImagePart | DocumentPart | OpaquePart {
  return (
    part.type === 'text' ||
    part.type === 'image' ||
    part.type === 'document' ||
    part.type === 'opaque'
  );
}

/** Members that are not known go by their path; null is how this wire writes one that says nothing. */
export function keep(
  value: JsonObject,
  known: readonly string[],
  path: string,
  left: Leftovers,
): void {
  for (const name in value) {
    const field = value[name];
    if (field === undefined || field === null || known.includes(name)) continue;
    left.set(`${path}.${name}`, field);
  }
  if (value.detail === 'original') left.set(`${path}.detail`, 'original');
}
