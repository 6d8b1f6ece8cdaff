// A kept answer as its caller gets it: in the form a provider's would have, with an id of its own.
import type { CachedAnswer } from '../core/cached-answer.ts';
import type { ReplyContext } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ReplyMetadata } from '../core/exchange.ts';
import { totalInput } from '../core/usage.ts';
import type { Answered } from '../gateway/attempt.ts';
import { answeredFrom } from '../gateway/caching/answered-from.ts';
import { dueTimes } from '../gateway/caching/pace.ts';
import { storyOf } from '../gateway/caching/read-answer.ts';
import { PacedReplay, replayed } from '../gateway/caching/replayed.ts';
import {
  type ReplyTemplate,
  replyTemplates,
  variantOf,
} from '../gateway/caching/reply-templates.ts';
import { Template } from '../gateway/caching/template.ts';
import { Outlet } from '../gateway/outlet.ts';
import type { JsonObject } from '../lib/json.ts';
import { captured } from './captured-flow.ts';
import { finished, type Replying, replyContext, replyText } from './chat-reply.ts';
import { rateHeaders } from './rate-headers.ts';
import { replyHeaders, streamReply, watched } from './respond.ts';

/**
 * Throws where what is kept makes no answer: `CacheUse.find` gives none that does not.
 * @param paced a stream comes as it first came, and not at once
 */
export function cachedReply(kept: CachedAnswer, replying: Replying, paced = false): Response {
  const { inbound, recording, room } = replying;
  const story = storyOf(kept);
  if (story === null)
    throw new GatewayError('internal', 'An answer that was kept cannot be read any more.');
  const headers = replyHeaders(recording, null, rateHeaders(inbound.dialect.id, room));
  if (paced && inbound.stream && kept.timesMs !== null) {
    const reply = pacedReply(kept, kept.timesMs, replying, headers);
    if (reply !== null) return reply;
  }
  for (const event of story) recording.observe(event);
  const variant = variantOf(inbound, replying.asked);
  const templates = replyTemplates(kept);
  const known = variant === null ? undefined : templates.get(variant);
  const text = known === undefined ? first() : again(known, replying, kept);
  return finished(text, headers, replying);

  function first(): string {
    const written = writtenFirst(kept, replying);
    if (variant !== null && written.template !== null) templates.add(variant, written.template);
    return written.text;
  }
}

/** What every reply that is written of it has: it was made when it was made, whoever gets it. */
function contextOf(kept: CachedAnswer, replying: Replying): ReplyContext {
  const { recording } = replying;
  return {
    ...replyContext(replying),
    ...inItsOwnWords(kept, replying),
    created: Math.floor(kept.at / 1000),
    // What the answer lost when it was made is known already.
    lose: (what) => {
      if (!kept.losses.includes(what)) recording.lose(what);
    },
  };
}

/** What its provider called the model, and counted: on its own wire it is told again, in whatever form the answer goes. */
function inItsOwnWords(
  kept: CachedAnswer,
  { inbound }: Replying,
): Partial<Pick<ReplyContext, 'model' | 'inputEstimate'>> {
  if (kept.wire !== inbound.dialect.id || kept.askedIn !== inbound.dialect.id) return {};
  const start = storyOf(kept)?.find(({ type }) => type === 'start');
  const model = start?.type === 'start' ? start.model : null;
  const input = totalInput(kept.usage);
  return {
    ...(model === null ? {} : { model }),
    ...(input === null ? {} : { inputEstimate: () => input }),
  };
}

interface Written {
  readonly text: string;
  /** Null: it cannot be had of this one. */
  readonly template: ReplyTemplate | null;
}

/** The way a live answer is written. */
function writtenFirst(kept: CachedAnswer, replying: Replying): Written {
  const { inbound, recording } = replying;
  let told: ReplyMetadata | null = null;
  let response: JsonObject | null = null;
  const losses: string[] = [];
  const context = contextOf(kept, replying);
  const noting: ReplyContext = {
    ...context,
    keep: (reply) => {
      response = reply;
    },
    lose: (what) => {
      losses.push(what);
      context.lose(what);
    },
  };
  const metadata = () => {
    told = recording.metadata();
    return told;
  };
  const answered = answeredFrom(kept, inbound, context.id);
  const text = textOf(answered, replying, noting, metadata);
  const { id } = recording.start;
  const body = told === null ? null : Template.of(text, id, JSON.stringify(told));
  const stored =
    response === null
      ? null
      : Template.plain(JSON.stringify({ ...(response as JsonObject), id: context.id }), id);
  if (response !== null) replying.keep?.(response);
  return { text, template: body === null ? null : { body, stored, losses } };
}

function textOf(
  answered: Answered,
  { inbound }: Replying,
  context: ReplyContext,
  metadata: () => ReplyMetadata,
): string {
  if (answered.kind === 'reply') return replyText(answered, inbound, { metadata }, context);
  const outlet = new Outlet(answered.verbatim, inbound.dialect, context, metadata);
  return replayed(answered.held, outlet);
}

function again(
  { body, stored, losses }: ReplyTemplate,
  replying: Replying,
  kept: CachedAnswer,
): Buffer<ArrayBuffer> {
  const { recording, keepText } = replying;
  const { id } = recording.start;
  for (const what of losses) if (!kept.losses.includes(what)) recording.lose(what);
  if (stored !== null) keepText?.(stored.fill(id, '').toString());
  return body.fill(id, JSON.stringify(recording.metadata()));
}

/** Null: it did not come piece by piece. */
function pacedReply(
  kept: CachedAnswer,
  timesMs: readonly number[],
  replying: Replying,
  headers: { [name: string]: string },
): Response | null {
  const { inbound, recording, keep, bodies, abort, over } = replying;
  const context = { ...contextOf(kept, replying), ...(keep === undefined ? {} : { keep }) };
  const answered = answeredFrom(kept, inbound, context.id);
  if (answered.kind !== 'stream') return null;
  const { held, verbatim } = answered;
  const outlet = new Outlet(verbatim, inbound.dialect, context, () => recording.metadata());
  const due = dueTimes(timesMs, held.length);
  const replay = new PacedReplay({ held, due, outlet, dialect: inbound.dialect, recording });
  const flow = captured(watched(replay, abort, over), bodies, 'text/event-stream');
  return streamReply(flow, headers, over);
}
