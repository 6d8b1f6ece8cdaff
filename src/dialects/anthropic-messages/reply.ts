// A whole reply of this wire ↔ events.
import { type CollectedBlock, collect } from '../../core/collect.ts';
import type { MetadataSource, ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { ReplyMetadata } from '../../core/exchange.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { appendMember, spliceObject } from '../../lib/json-splice.ts';
import { OpenBlock } from './decode-block.ts';
import { opaqueName, packed } from './encode-block.ts';
import { decodeInnerError, isFault } from './errors.ts';
import { decodeStop, encodeStop } from './stop-reason.ts';
import { decodeUsage, encodeUsage } from './usage.ts';
import { toWireName } from './wire-names.ts';

const DIALECT = 'anthropic-messages';

/** Throws the mapped error where an error stands in its place, `upstream_invalid_response` where it is no message. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  if (isFault(body)) throw decodeInnerError(body);
  const ended = typeof body.stop_reason === 'string';
  if (!Array.isArray(body.content) || (body.content.length === 0 && !ended)) {
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered 200 with a body that is no message: it has no content.',
    );
  }
  const events: ChatEvent[] = [
    {
      type: 'start',
      id: asString(body.id) ?? null,
      model: asString(body.model) ?? null,
      created: null,
    },
  ];
  let index = 0;
  let calledTool = false;
  for (const value of asArray(body.content)) {
    const wire = asObject(value);
    if (wire === undefined) continue;
    const block = new OpenBlock(index, wire);
    events.push(...block.opening(index), ...block.closing(index));
    calledTool ||= block.isToolUse;
    index += 1;
  }
  const raw = asString(body.stop_reason) ?? null;
  events.push({
    type: 'finish',
    reason: decodeStop(raw, calledTool),
    raw,
    stopSequence: asString(body.stop_sequence) ?? null,
    usage: decodeUsage(body.usage),
  });
  return events;
}

/** Throws the error of an `error` event. */
export function encodeReply(
  events: readonly ChatEvent[],
  context: ReplyContext,
  metadata: MetadataSource,
): JsonObject {
  const { blocks, finish } = collect(events);
  const content: Json[] = [];
  for (const block of blocks) {
    const wire = encodeBlock(block, `reply.content[${content.length}]`, context);
    if (wire !== null) content.push(wire as Json);
  }
  return {
    id: context.id,
    type: 'message',
    role: 'assistant',
    model: context.model,
    content,
    stop_reason: encodeStop(finish.reason, finish.raw, finish.stopSequence),
    stop_sequence: finish.stopSequence,
    usage: encodeUsage(finish.usage) as Json,
    metadata: { ...metadata() },
  };
}

/** The provider's text with our metadata put in. */
export function forwardReply(text: string, body: JsonObject, metadata: ReplyMetadata): string {
  const json = JSON.stringify(metadata);
  if (body.metadata === undefined) return appendMember(text, 'metadata', json);
  return spliceObject(text, { set: new Map([['metadata', json]]) });
}

/** Null: nothing to send. An empty text block is none: the API refuses it when a client sends it back. */
function encodeBlock(
  block: CollectedBlock,
  path: string,
  context: ReplyContext,
): JsonObject | null {
  switch (block.kind) {
    case 'text':
      return encodeText(block, path, context);
    case 'refusal':
      return block.text === '' ? null : { type: 'text', text: block.text };
    case 'reasoning': {
      if (context.excludeReasoning || (block.text === '' && block.signature === null)) return null;
      const signature = packed(block.format, block.signature ?? '');
      return { type: 'thinking', thinking: block.text, signature };
    }
    case 'redacted-reasoning':
      if (context.excludeReasoning) return null;
      return { type: 'redacted_thinking', data: packed(block.format, block.data) };
    case 'tool-use':
      return {
        type: 'tool_use',
        id: toWireName(block.id),
        name: toWireName(block.name),
        input: inputOf(block, path, context),
      };
    case 'opaque':
      if (block.dialect === DIALECT) return block.value;
      context.lose(`reply.${opaqueName(block.value)}: only ${block.dialect} has it; dropped`);
      return null;
  }
}

function encodeText(
  block: Extract<CollectedBlock, { kind: 'text' }>,
  path: string,
  context: ReplyContext,
): JsonObject | null {
  const own = block.citations.filter(({ dialect }) => dialect === DIALECT);
  if (own.length < block.citations.length)
    context.lose(`${path}.citations: of another kind; dropped`);
  if (block.text === '' && own.length === 0) return null;
  const citations = own.length === 0 ? {} : { citations: own.map(({ value }) => value) };
  return { type: 'text', text: block.text, ...citations };
}

/**
 * Arguments are an object here. What a model broke off or garbled is handed over under the key the vendor advises for
 * it (…/agents-and-tools/tool-use/fine-grained-tool-streaming#handling-invalid-json-in-tool-responses).
 */
function inputOf(
  block: Extract<CollectedBlock, { kind: 'tool-use' }>,
  path: string,
  context: ReplyContext,
): Json {
  if (block.custom) {
    context.lose(`${path}: a free-text tool call; sent as {"input": …}`);
    return { input: block.arguments };
  }
  if (block.arguments.trim() === '') return {};
  const input = parseJson(block.arguments);
  if (isObject(input)) return input as Json;
  context.lose(`${path}.input: not a JSON object; sent as {"INVALID_JSON": …}`);
  return { INVALID_JSON: block.arguments };
}
