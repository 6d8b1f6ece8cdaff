// A whole reply of this wire → events.
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { BlockWriter } from './block-writer.ts';
import { readBlock } from './decode-block.ts';
import { decodeException } from './errors.ts';
import { decodeStop } from './stop-reason.ts';
import { decodeUsage } from './usage.ts';

/** Throws the mapped error where an error stands in its place, `upstream_invalid_response` where it is no reply. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  const message = asObject(asObject(body.output)?.message);
  if (message === undefined) {
    if (asString(body.message) !== undefined || asString(body.__type) !== undefined)
      throw decodeException(asString(body.__type)?.split('#').at(-1) ?? '', body);
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered 200 with a body that is no answer: it has no output message.',
    );
  }
  const events: ChatEvent[] = [{ type: 'start', id: null, model: null, created: null }];
  const blocks = new BlockWriter((event) => events.push(event));
  for (const block of asObjects(message.content)) {
    for (const piece of readBlock(block)) blocks.write(piece);
    blocks.close();
  }
  const raw = asString(body.stopReason) ?? null;
  events.push({
    type: 'finish',
    reason: decodeStop(raw, blocks.calledTool),
    raw,
    stopSequence: metSequence(body.additionalModelResponseFields),
    usage: decodeUsage(body),
  });
  return events;
}

/** What was asked for by `additionalModelResponseFieldPaths`: at the top of a whole reply, in the `delta` of a stream's end. */
export function metSequence(fields: JsonObject[string]): string | null {
  const told = asObject(fields);
  return asString(told?.stop_sequence) ?? asString(asObject(told?.delta)?.stop_sequence) ?? null;
}
