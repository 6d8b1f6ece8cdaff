// Parts → content blocks of this wire. What the wire cannot carry is dropped and named by its path.
import type {
  CacheMark,
  Message,
  Part,
  TextPart,
  ToolResultPart,
  ToolUsePart,
} from '../../core/call.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asObjects, type Json } from '../../lib/json.ts';
import { OWN_FORMAT } from '../anthropic-messages/foreign-signature.ts';
import { toWireName } from '../anthropic-messages/wire-names.ts';
import { argumentsOf } from '../call-arguments.ts';
import { encodeCitation } from './citations.ts';
import {
  type Block,
  type DocumentNames,
  encodeAudio,
  encodeDocument,
  encodeImage,
} from './encode-document.ts';

type Lose = (what: string) => void;
const DIALECT = 'bedrock-converse';
/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
const MAX_ID_CHARS = 64;

/** What every part of one request is written with. */
export interface PartWriting {
  readonly rule: ModelRule;
  readonly names: DocumentNames;
  readonly lose: Lose;
}

/** The blocks of one message. Throws `invalid_request` where a tool call's arguments are no JSON object. */
export function encodeParts(message: Message, writing: PartWriting): Block[] {
  const blocks: Block[] = [];
  message.parts.forEach((part, index) => {
    const path = `${message.path}.content[${index}]`;
    const block = encodePart(part, message.role, path, writing);
    if (block === null) return;
    blocks.push(block);
    const cache = part.cache ?? innerMark(part);
    if (cache !== undefined) blocks.push(...cachePoint(cache, path, message.role, writing));
    if (part.type === 'tool-result') blocks.push(...besideResult(part, path, writing));
  });
  return blocks;
}

function encodePart(
  part: Part,
  role: Message['role'],
  path: string,
  writing: PartWriting,
): Block | null {
  const { rule, names, lose } = writing;
  switch (part.type) {
    case 'text':
      return encodeText(part, path, lose);
    case 'refusal':
      lose(`${path}: a refusal; sent as plain text`);
      return encodeText({ type: 'text', text: part.text }, path, lose);
    case 'image':
    case 'document':
    case 'audio':
      if (role === 'user') {
        if (part.type === 'image') return encodeImage(part, path, lose);
        if (part.type === 'audio') return encodeAudio(part, path, rule, lose);
        return encodeDocument(part, path, rule, names, lose);
      }
      lose(`${path}: ${part.type} dropped; only user turns take one`);
      return null;
    case 'tool-use':
      return encodeToolUse(part, path);
    case 'tool-result':
      return encodeToolResult(part, path, writing);
    case 'reasoning':
    case 'redacted-reasoning':
      return encodeReasoning(part, path, writing);
    case 'opaque':
      if (part.dialect === DIALECT) return structuredClone(part.value) as Block;
      lose(`${path}: ${String(part.value.type ?? 'part')} dropped; only ${part.dialect} has it`);
      return null;
  }
}

/** Text that is empty or blank is refused, and says nothing. */
function encodeText(part: TextPart, path: string, lose: Lose): Block | null {
  if (part.text.trim() === '') return null;
  const { citations, text } = part;
  if (citations === undefined) return { text };
  const written = asObjects(citations.value).map((citation) =>
    encodeCitation(citations.dialect, citation),
  );
  const kept = written.filter((citation) => citation !== null);
  if (kept.length < written.length) lose(`${path}.citations: of another kind; dropped`);
  if (kept.length === 0) return { text };
  return { citationsContent: { content: [{ text }], citations: kept as Json } };
}

/** Reasoning is replayed to its own maker only, and what is signed goes back as it came. */
function encodeReasoning(
  part: Extract<Part, { type: 'reasoning' | 'redacted-reasoning' }>,
  path: string,
  { rule, lose }: PartWriting,
): Block | null {
  if (rule.ownFields === 'anthropic' && part.format === OWN_FORMAT) {
    if (part.type === 'redacted-reasoning') {
      const redactedContent = Buffer.from(part.data, 'latin1').toString('base64');
      return { reasoningContent: { redactedContent } };
    }
    if (part.signature !== undefined && part.signature !== '') {
      const { text, signature } = part;
      return { reasoningContent: { reasoningText: { text, signature } } };
    }
  }
  lose(`${path}: reasoning dropped; it is not signed by the model's maker`);
  return null;
}

function encodeToolUse(part: ToolUsePart, path: string): Block {
  const input = argumentsOf(part, path);
  return { toolUse: { toolUseId: wireId(part.id), name: part.name, input } };
}

/** Images in results, and that one failed, "is only supported by Amazon Nova and Anthropic Claude" (ToolResultBlock). */
function encodeToolResult(part: ToolResultPart, path: string, writing: PartWriting): Block {
  const { rule, lose } = writing;
  const plain = rule.mediaInResults === false;
  const content: Block[] = [];
  part.content.forEach((inner, index) => {
    if (plain && isMedia(inner)) return;
    const block = encodePart(inner, 'user', `${path}.content[${index}]`, writing);
    if (block !== null) content.push(block);
  });
  if (plain && part.content.some(isMedia))
    content.push({ text: 'The rest of this result follows.' });
  if (plain && part.isError === true)
    lose(`${path}.is_error: the model is not told that it failed, only its text says so`);
  const status = plain || part.isError === undefined ? null : part.isError ? 'error' : 'success';
  return {
    toolResult: {
      toolUseId: wireId(part.toolUseId),
      content,
      ...(status === null ? {} : { status }),
    },
  };
}

/** What a result cannot hold; it comes after all results of the turn. */
function besideResult(part: ToolResultPart, path: string, writing: PartWriting): Block[] {
  if (writing.rule.mediaInResults !== false) return [];
  const media: Block[] = [];
  part.content.forEach((inner, index) => {
    if (!isMedia(inner)) return;
    const block = encodePart(inner, 'user', `${path}.content[${index}]`, writing);
    if (block !== null) media.push(block);
  });
  if (media.length === 0) return [];
  return [{ text: `From the result of tool call ${wireId(part.toolUseId)}:` }, ...media];
}

function isMedia(part: Part): boolean {
  return part.type === 'image' || part.type === 'document';
}

/** The same for a call and its result. Other makers' ids may be longer than this wire takes. */
function wireId(id: string): string {
  const lawful = toWireName(id);
  if (lawful.length <= MAX_ID_CHARS) return lawful;
  const digits = [0n, 1n].map((seed) => Bun.hash.wyhash(id, seed).toString(16).padStart(16, '0'));
  return `call_${digits.join('')}`;
}

/** A mark on something inside a tool's result: points stand between the blocks of a turn only. */
function innerMark(part: Part): CacheMark | undefined {
  if (part.type !== 'tool-result') return undefined;
  return part.content.findLast(({ cache }) => cache !== undefined)?.cache;
}

/** The point that follows what is to be cached; nothing where the model has none there. */
export function cachePoint(
  { ttl }: CacheMark,
  path: string,
  place: Message['role'] | 'tools',
  { rule, lose }: Pick<PartWriting, 'rule' | 'lose'>,
): Block[] {
  const where =
    place === 'tools' ? 'tools' : place === 'user' || place === 'assistant' ? 'messages' : 'system';
  if (rule.cachePoints !== undefined && !rule.cachePoints.includes(where)) {
    lose(`${path}.cache_control: dropped; the model caches nothing in its ${where}`);
    return [];
  }
  if (ttl === '1h' && rule.cacheTtl === false) {
    lose(`${path}.cache_control.ttl: 1h is not offered for the model; five minutes`);
    return [{ cachePoint: { type: 'default' } }];
  }
  return [{ cachePoint: { type: 'default', ...(ttl === null ? {} : { ttl }) } }];
}
