// joinChat: the answer is being made for somebody else who asked the same; this caller gets it too.
import type { Saved } from '../core/cached-answer.ts';
import type { GatewayError } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import type { StreamAnswer, WholeAnswer } from '../gateway/attempt.ts';
import type { Flight, Landing } from '../gateway/caching/flight.ts';
import { JoinedRescue } from '../gateway/caching/joined-rescue.ts';
import { isLeadersOwn } from '../gateway/caching/leaders-own.ts';
import { recordRecall } from '../gateway/caching/record-recall.ts';
import { reissuedFrame } from '../gateway/caching/reissued-frame.ts';
import { mayShareMeant } from '../gateway/caching/semantic-use.ts';
import { TapeReader } from '../gateway/caching/tape-reader.ts';
import { collectStream } from '../gateway/collect-stream.ts';
import { holdForNothing } from '../gateway/hold.ts';
import type { DecodedFrame } from '../gateway/upstream-stream.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { once } from '../lib/once.ts';
import { asking } from './ask-chat.ts';
import { type AskedChat, recalledReplying } from './asked-chat.ts';
import { cachedReply } from './cached-reply.ts';
import { chatReply } from './chat-reply.ts';

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
    if (landing.kind === 'whole') return reply(wholeReply(asked, flight, landing.answered));
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

function wholeReply(asked: AskedChat, flight: Flight, answered: WholeAnswer): Response {
  const verbatim = isVerbatim(asked, flight, answered);
  if (!verbatim) return chatReply({ ...answered, verbatim }, recalledReplying(asked));
  const text = asked.inbound.dialect.reissued(answered.text, answered.body, ownId(asked));
  const body = text === answered.text ? answered.body : (asObject(parseJson(text)) ?? {});
  return chatReply({ ...answered, verbatim, text, body }, recalledReplying(asked));
}

/** What was made for a request of this dialect can be shown as it came. */
function isVerbatim(
  { inbound: { dialect } }: AskedChat,
  { leader }: Flight,
  answered: Pick<WholeAnswer, 'plain' | 'dialect'>,
): boolean {
  return (
    answered.plain && answered.dialect.id === dialect.id && leader.start.dialect === dialect.id
  );
}

function ownId({ inbound, recording }: AskedChat): string {
  return inbound.dialect.idPrefix + recording.start.id;
}

/** Somebody else's stream as this caller sees it: in their own words it gets an id of its own. */
function follow(
  asked: AskedChat,
  flight: Flight,
  { answered: theirs, tape }: Followed,
): StreamAnswer {
  const verbatim = isVerbatim(asked, flight, theirs);
  const { dialect } = asked.inbound;
  const id = ownId(asked);
  const shown = verbatim
    ? (frame: DecodedFrame) => reissuedFrame(frame, dialect, id)
    : (frame: DecodedFrame) => frame;
  const { abort } = asked.scope;
  const stream = new TapeReader(tape, () => flight.advance(), abort, 'frames', shown);
  return { ...theirs, verbatim, held: [], stream };
}

/** A stream as it is being made. */
function followingReply(
  asked: AskedChat,
  flight: Flight,
  followed: Followed,
  leave: () => void,
): Response {
  const { abort } = asked.scope;
  const answered = follow(asked, flight, followed);
  const own = once(() => asking(asked, abort).rescue());
  const rescue = new JoinedRescue(flight, { answered, tape: followed.tape }, abort, own);
  const over = once(() => {
    leave();
    asked.over();
  });
  return chatReply(answered, { ...recalledReplying(asked), rescue, over });
}

/** All of a stream, put together when it is over. */
async function collectedReply(
  asked: AskedChat,
  flight: Flight,
  followed: Followed,
): Promise<Joined> {
  const { inbound, scope } = asked;
  const { answered: theirs, tape } = followed;
  while (!tape.isWhole && tape.failure === null) await scope.abort.until(flight.advance());
  if (tape.failure !== null) return again(tape.failure);
  const { dialect } = inbound;
  const to = recalledReplying(asked);
  if (!tape.isOfFrames) {
    const events = tape.items.flatMap((item) => item.events);
    const joined = { plain: false, verbatim: false, text: '', body: {}, events };
    return reply(chatReply({ ...theirs, ...joined, kind: 'reply' }, to));
  }
  const answered = follow(asked, flight, followed);
  const tools = () => inbound.call().tools;
  return reply(chatReply(await collectStream(answered, dialect, () => undefined, tools), to));
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

function reply(response: Response): Joined {
  return { kind: 'reply', response };
}
