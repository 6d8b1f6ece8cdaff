// One content block of an answer → events. Streamed pieces and whole blocks are read by the same code: a whole block is one
// whose pieces come all at once.
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import { asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { OWN_FORMAT } from '../anthropic-messages/foreign-signature.ts';
import { fromWireName } from '../anthropic-messages/wire-names.ts';
import { decodeCitation } from './citations.ts';

/** What a piece says: the block it belongs in, and what that gains. */
export interface Piece {
  readonly block: BlockStart;
  readonly delta: BlockDelta | null;
}

/**
 * Signatures on this wire are Claude's; no other maker's reasoning is signed here (recorded). A stream does not tell who
 * thinks before the signature comes, so all reasoning is called Claude's: what is not signed is replayed to nobody.
 */
const REASONING: BlockStart = { kind: 'reasoning', format: OWN_FORMAT };
/** The state of a maker that is not Claude's, as it came: this wire's own affair. */
const OPAQUE_FORMAT = 'bedrock-converse-v1';

/** The call a `toolUse` begins; null for one that nobody has to answer, since the host runs the tool itself. */
export function callOf(toolUse: JsonObject): BlockStart | null {
  const id = asString(toolUse.toolUseId);
  const name = asString(toolUse.name);
  if (id === undefined || name === undefined || toolUse.type === 'server_tool_use') return null;
  return { kind: 'tool-use', id: fromWireName(id), name };
}

export function opaque(value: JsonObject): BlockStart {
  return { kind: 'opaque', dialect: 'bedrock-converse', value };
}

/** What one delta of a stream says, in order; nothing where it is of no known kind. Tool input is read by the caller. */
export function readDelta(delta: JsonObject): Piece[] {
  const text = asString(delta.text);
  if (text !== undefined) return [{ block: { kind: 'text' }, delta: { kind: 'text', text } }];
  const citation = asObject(delta.citation);
  if (citation !== undefined) return [{ block: { kind: 'text' }, delta: decodeCitation(citation) }];
  const reasoning = asObject(delta.reasoningContent);
  return reasoning === undefined ? [] : readReasoning(reasoning);
}

function readReasoning(reasoning: JsonObject): Piece[] {
  const redacted = asString(reasoning.redactedContent);
  if (redacted !== undefined) return [{ block: redactedBlock(redacted), delta: null }];
  const pieces: Piece[] = [];
  const text = asString(reasoning.text);
  const signature = asString(reasoning.signature);
  if (text !== undefined) pieces.push({ block: REASONING, delta: { kind: 'reasoning', text } });
  if (signature !== undefined)
    pieces.push({ block: REASONING, delta: { kind: 'signature', signature } });
  return pieces;
}

/**
 * Claude's data is a text, which this wire carries as bytes: in base64 once more (recorded). As the text it is, its maker
 * takes it back on any host. What is no such text stays as it came.
 */
function redactedBlock(content: string): BlockStart {
  const data = Buffer.from(content, 'base64').toString('latin1');
  const isText = /^[A-Za-z0-9+/_=-]+$/.test(data);
  return isText
    ? { kind: 'redacted-reasoning', data, format: OWN_FORMAT }
    : { kind: 'redacted-reasoning', data: content, format: OPAQUE_FORMAT };
}

/** A whole block's pieces. */
export function readBlock(block: JsonObject): Piece[] {
  const text = asString(block.text);
  if (text !== undefined) return [{ block: { kind: 'text' }, delta: { kind: 'text', text } }];
  const reasoning = asObject(block.reasoningContent);
  if (reasoning !== undefined) return readReasoning(asObject(reasoning.reasoningText) ?? reasoning);
  const cited = asObject(block.citationsContent);
  if (cited !== undefined) return readCited(cited);
  const toolUse = asObject(block.toolUse);
  const call = toolUse === undefined ? null : callOf(toolUse);
  if (call === null)
    return Object.keys(block).length === 0 ? [] : [{ block: opaque(block), delta: null }];
  const input = asString(toolUse?.input) ?? JSON.stringify(toolUse?.input ?? {});
  return [{ block: call, delta: { kind: 'arguments', json: input === '' ? '{}' : input } }];
}

function readCited(cited: JsonObject): Piece[] {
  const block: BlockStart = { kind: 'text' };
  const texts = asObjects(cited.content).map(({ text }) => asString(text) ?? '');
  return [
    { block, delta: { kind: 'text', text: texts.join('') } },
    ...asObjects(cited.citations).map((citation) => ({ block, delta: decodeCitation(citation) })),
  ];
}

/** The same block going on; a call, hidden reasoning or something opaque is always one of its own. */
export function goesOn(open: BlockStart, next: BlockStart): boolean {
  return open.kind === next.kind && (open.kind === 'text' || open.kind === 'reasoning');
}

/** False: an empty piece, which says nothing. */
export function saysSomething(delta: BlockDelta): boolean {
  switch (delta.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return delta.text !== '';
    case 'signature':
      return delta.signature !== '';
    case 'arguments':
      return delta.json !== '';
    case 'citation':
      return true;
  }
}
