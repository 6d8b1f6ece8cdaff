// joinChat: the answer is being made for somebody else who asked the same; this caller gets it too.
import type { Saved } from '../core/cached-answer.ts';
import type { GatewayError } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import type { StreamAnswer, WholeAnswer } from '../gateway/attempt.ts';
import type { Flight, Landing } from '../gateway/caching/flight.ts';
import { JoinedRescue } from '../gateway/caching/joined-rescue.ts';
import { isLeadersOwn } from '../gateway/caching/leaders-own.ts';
import { recordRecall } from '../gateway/caching/record-recall.ts';
import { mayShareMeant } from '../gateway/caching/semantic-use.ts';
import { TapeReader } from '../gateway/caching/tape-reader.ts';
import { collectStream } from '../gateway/collect-stream.ts';
import { holdForNothing } from '../gateway/hold.ts';
import { once } from '../lib/once.ts';
import { asking } from './ask-chat.ts';
import { type AskedChat, recalledReplying } from './asked-chat.ts';
import { cachedReply } from './cached-reply.ts';
import { chatReply, renaming } from './chat-reply.ts';

type Followed = Extract<Landing, { kind: 'stream' }>;

/** What came of joining: a reply, or the reason why the answer has to be looked for anew. */
export type Joined =
  | { readonly kind: 'reply'; readonly response: Response }
  /** `counts`: whoever asks again may well fail for the same reason. */
  | { readonly kind: 'again'; readonly counts: boolean; readonly error: GatewayError | null };

/** Rejects with what ends this caller's own exchange, and with what would end any that asks the same. */
export async function joinChat(asked: AskedChat, flight: Flight): Promise<Joined> {
  const { inbound, key, scope, room, gateway } = asked;
  flight.join();
  const leave = once(() => flight.leave());
  let follows = false;
  try {
    const landing = await scope.abort.until(flight.landed);
    if (landing.kind === 'failed') return again(landing.error);
    if (!isWelcome(asked, flight, landing)) return { kind: 'again', counts: true, error: null };
    const free = holdForNothing({ key, user: inbound.user, room }, gateway);
    if (free !== undefined) await free;
    if (landing.kind === 'kept') {
      recordRecall(asked.recording, landing, gateway.answers.now());
      return reply(cachedReply(landing.kept, recalledReplying(asked), asked.cache?.policy.paced));
    }
    recordJoined(asked, flight);
    follows = inbound.stream && landing.kind === 'stream';
    if (landing.kind === 'whole') return reply(wholeReply(asked, landing.answered));
    return inbound.stream
      ? reply(followingReply(asked, flight, landing, leave))
      : await collectedReply(asked, flight, landing);
  } finally {
    if (!follows) leave();
  }
}

function again(error: GatewayError): Joined {
  if (isLeadersOwn(error)) return { kind: 'again', counts: false, error };
  if (ERRORS[error.code].fault === 'caller') throw error;
  return { kind: 'again', counts: true, error };
}

/** The one who leads may have had other fallbacks: an answer of whom this request would never ask is not for it. */
function isWelcome(
  { plan, cache, snapshot, gateway }: AskedChat,
  { leader }: Flight,
  landing: Landing,
): boolean {
  if (landing.kind === 'kept') {
    const { kept, similarity } = landing;
    if (similarity === null) return true;
    const now = gateway.answers.now();
    return (
      cache !== null &&
      mayShareMeant({ kept, similarity }, cache.policy, snapshot.cache.semantic, now)
    );
  }
  const by = leader.answering?.id;
  return plan.candidates.some(({ id }) => id === by);
}

function wholeReply(asked: AskedChat, answered: WholeAnswer): Response {
  const { inbound, recording } = asked;
  const verbatim = answered.plain && answered.dialect.id === inbound.dialect.id;
  const rename = renaming(() => idIn(answered.events), recording, inbound);
  return chatReply({ ...answered, verbatim }, { ...recalledReplying(asked), rename });
}

/** A stream as it is being made. */
function followingReply(
  asked: AskedChat,
  flight: Flight,
  { answered: theirs, tape }: Followed,
  leave: () => void,
): Response {
  const { inbound, recording, scope } = asked;
  const { abort } = scope;
  const stream = new TapeReader(tape, () => flight.advance(), abort);
  const verbatim = theirs.plain && theirs.dialect.id === inbound.dialect.id;
  const answered: StreamAnswer = { ...theirs, verbatim, held: [], stream };
  const own = once(() => asking(asked, abort).rescue());
  const rescue = new JoinedRescue(flight, { answered, tape }, abort, own);
  const over = once(() => {
    leave();
    asked.over();
  });
  const rename = renaming(() => idOn(tape), recording, inbound);
  return chatReply(answered, { ...recalledReplying(asked), rescue, rename, over });
}

/** All of a stream, put together when it is over. */
async function collectedReply(
  asked: AskedChat,
  flight: Flight,
  { answered: theirs, tape }: Followed,
): Promise<Joined> {
  const { inbound, recording, scope } = asked;
  while (!tape.isWhole && tape.failure === null) await scope.abort.until(flight.advance());
  if (tape.failure !== null) return again(tape.failure);
  const { dialect } = inbound;
  const rename = renaming(() => idOn(tape), recording, inbound);
  const to = { ...recalledReplying(asked), rename };
  if (!tape.isOfFrames) {
    const events = tape.items.flatMap((item) => item.events);
    const joined = { plain: false, verbatim: false, text: '', body: {}, events };
    return reply(chatReply({ ...theirs, ...joined, kind: 'reply' }, to));
  }
  const stream = new TapeReader(tape, () => flight.advance(), scope.abort);
  const verbatim = theirs.plain && theirs.dialect.id === dialect.id;
  const answered: StreamAnswer = { ...theirs, verbatim, held: [], stream };
  const tools = () => inbound.call().tools;
  return reply(chatReply(await collectStream(answered, dialect, () => undefined, tools), to));
}

function idOn({ items }: Followed['tape']): string | null {
  for (const { events } of items) {
    const id = idIn(events);
    if (id !== null) return id;
  }
  return null;
}

function recordJoined({ recording }: AskedChat, flight: Flight): void {
  const { leader } = flight;
  const by = leader.by;
  recording.recalled(
    {
      kind: 'shared',
      from: leader.start.id,
      model: by?.model ?? '',
      provider: by?.provider ?? '',
      ageMs: 0,
      similarity: null,
      simulated: leader.answering?.simulated ?? false,
      losses: leader.metadata().losses,
    },
    () => savedBy(flight),
  );
}

/** Known once the one who led is done. */
function savedBy({ story }: Flight): Saved | null {
  if (story === null) return null;
  const { usage, costNano, usageEstimated: estimated } = story;
  return { usage, costNano, estimated };
}

function idIn(events: WholeAnswer['events']): string | null {
  for (const event of events) if (event.type === 'start') return event.id;
  return null;
}

function reply(response: Response): Joined {
  return { kind: 'reply', response };
}
