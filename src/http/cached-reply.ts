// A kept answer as its caller gets it: in the form a provider's would have, with an id of its own.
import type { CachedAnswer } from '../core/cached-answer.ts';
import type { WholeAnswer } from '../gateway/attempt.ts';
import { answeredFrom } from '../gateway/caching/answered-from.ts';
import { replayed } from '../gateway/caching/replayed.ts';
import { collectStream } from '../gateway/collect-stream.ts';
import { finished, type Replying, replyContext, replyText } from './chat-reply.ts';
import { rateHeaders } from './rate-headers.ts';
import { replyHeaders } from './respond.ts';

/** Rejects where what is kept makes no answer. */
export async function cachedReply(kept: CachedAnswer, replying: Replying): Promise<Response> {
  const { inbound, recording, room } = replying;
  const { dialect } = inbound;
  const headers = replyHeaders(recording, null, rateHeaders(dialect.id, room));
  const context = replyContext(replying);
  const text = await textOf();
  const own = kept.replyId === null ? text : renamed(text, kept.replyId, context.id);
  return finished(own, headers, replying);

  async function textOf(): Promise<string> {
    const answered = answeredFrom(kept, dialect.id);
    if (answered.kind === 'stream') {
      if (inbound.stream) return replayed(answered, inbound, recording, context);
      const observe = recording.observe.bind(recording);
      const whole = await collectStream(answered, dialect, observe, () => inbound.call().tools);
      return replyText(whole as WholeAnswer, inbound, recording, context);
    }
    for (const event of answered.events) recording.observe(event);
    return replyText(answered, inbound, recording, context);
  }
}

/** In JSON a quoted text inside another has its quotes escaped, so nothing but the id itself looks so. */
function renamed(text: string, from: string, to: string): string {
  return text.replaceAll(JSON.stringify(from), JSON.stringify(to));
}
