// Events → a whole reply of this wire.
import type { MetadataSource, ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { laterUsage, UNKNOWN_USAGE } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { metadataMember } from './encode-error.ts';
import { encodeUsage } from './encode-usage.ts';
import { endingOf } from './ending.ts';
import { OutputItems } from './output-items.ts';
import { ResponseObject } from './response-object.ts';

/** Throws the error of an `error` event, and `upstream_stream_truncated` where nothing ends the answer. */
export function encodeReply(
  events: readonly ChatEvent[],
  context: ReplyContext,
  metadata: MetadataSource,
): JsonObject {
  const items = new OutputItems(context, () => undefined);
  let usage = UNKNOWN_USAGE;
  for (const event of events) {
    switch (event.type) {
      case 'start':
        break;
      case 'block-start':
        items.start(event.block);
        break;
      case 'block-delta':
        items.delta(event.delta);
        break;
      case 'block-end':
        items.end();
        break;
      case 'usage':
        usage = laterUsage(usage, event.usage);
        break;
      case 'finish': {
        const ending = endingOf(event.reason, items.refused);
        items.close(ending.status);
        const ours = metadata();
        const response = new ResponseObject(context).write(items.done, {
          ...ending,
          usage: encodeUsage(laterUsage(usage, event.usage)),
          durationMs: ours.total_duration_ms,
        });
        context.keep?.(response);
        return { ...response, ...metadataMember(ours) };
      }
      case 'error':
        throw event.error;
    }
  }
  throw new GatewayError(
    'upstream_stream_truncated',
    'The provider ended its answer without finishing it.',
  );
}
