// joinChat: the answer is being made for somebody else who asked the same; this caller gets it too.
import type { Saved } from '../core/cached-answer.ts';
import { ERRORS, type ErrorCode, type GatewayError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
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
import type { Successor } from '../gateway/rescue.ts';
import type { DecodedFrame } from '../gateway/upstream-stream.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { once } from '../lib/once.ts';
import { asking, holdFor } from './ask-chat.ts';
import { type AskedChat, recalledReplying } from './asked-chat.ts';
import { cachedReply } from './cached-reply.ts';
import { chatReply } from './chat-reply.ts';

type Followed = Extract<Landing, { kind: 'stream' }>;

/** What came of joining. */
export type Joined =
  | { readonly kind: 'reply'; readonly response: Response }
  /** It was not for this request, or failed for reasons of its own: the answer has to be looked for anew. */
  | { readonly kind: 'again' }
  /** It failed, and whoever asks alike may well fail for the same reason. */
  | { readonly kind: 'failed'; readonly error: GatewayError };

/**
 * Rejects with what ends this caller's own exchange, and with what would end any that asks alike.
 * @param alike whether it fails where the one that leads does
 */
export async function joinChat(asked: AskedChat, flight: Flight, alike: boolean): Promise<Joined> {
  const { inbound, scope, gateway } = asked;
  flight.join();
  const leave = once(() => flight.leave());
  let follows = false;
  try {
    const landing = await scope.abort.until(flight.landed);
    if (landing.kind === 'failed') return failed(landing.error, alike);
    if (landing.kind === 'stream' && !inbound.stream) await ended(asked, flight, landing.tape);
    if (!isWelcome(asked, flight, landing)) return { kind: 'again' };
    if (landing.kind === 'stream' && !inbound.stream && landing.tape.failure !== null)
      return failed(landing.tape.failure, alike);
    const free = holdForNothing({ ...asked, user: inbound.user }, gateway);
    if (free !== undefined) await free;
    if (landing.kind === 'kept') {
      recordRecall(asked.recording, landing, gateway.answers.now());
      return reply(cachedReply(landing.kept, recalledReplying(asked), asked.cache?.policy.paced));
    }
    recordJoined(asked, flight);
    if (landing.kind === 'whole') return reply(wholeReply(asked, flight, landing.answered));
    if (!inbound.stream) return reply(await collectedReply(asked, flight, landing));
    follows = true;
    return reply(followingReply(asked, flight, landing, { alike, leave }));
  } finally {
    if (!follows) leave();
  }
}

/** Waits for the end of somebody else's stream. */
async function ended({ scope }: AskedChat, flight: Flight, tape: Followed['tape']): Promise<void> {
  while (!tape.isWhole && tape.failure === null) await scope.abort.until(flight.advance());
}

function failed(error: GatewayError, alike: boolean): Joined {
  if (!alike || isLeadersOwn(error)) return { kind: 'again' };
  if (ERRORS[error.code].fault === 'caller') throw error;
  return { kind: 'failed', error };
}

/** The one who leads may have had other fallbacks: an answer of whom this request would never ask is not for it. */
function isWelcome(
  { plan, cache, snapshot, gateway }: AskedChat,
  { leader }: Flight,
  landing: Landing,
): boolean {
  const answered = landing.kind === 'kept' ? landing.kept.model : leader.answering?.id;
  if (!plan.candidates.some(({ id }) => id === answered)) return false;
  if (landing.kind !== 'kept' || landing.similarity === null) return true;
  const { kept, similarity } = landing;
  const now = gateway.answers.now();
  return (
    cache !== null &&
    mayShareMeant({ kept, similarity }, cache.policy, snapshot.cache.semantic, now)
  );
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
  { alike, leave }: { readonly alike: boolean; readonly leave: () => void },
): Response {
  const { abort } = asked.scope;
  const answered = follow(asked, flight, followed);
  const rescue = new JoinedRescue(
    flight,
    { answered, tape: followed.tape },
    {
      abort,
      alike,
      welcome: () => isWelcome(asked, flight, followed),
      own: ownRescue(asked, flight, leave),
      tookOver: () => {
        recordJoined(asked, flight);
        asked.recording.wentOn();
      },
    },
  );
  const over = once(() => {
    leave();
    asked.over();
  });
  return chatReply(answered, { ...recalledReplying(asked), rescue, over });
}

/** This request's own way on with what it has of somebody else's answer. From then on it is paid for by its caller. */
function ownRescue(asked: AskedChat, flight: Flight, leave: () => void): Successor {
  const { abort } = asked.scope;
  const rescueBy = (plan: Plan) => {
    const candidates = plan.candidates.filter(({ id }) => !failedAlready(flight, id));
    return candidates.length === 0
      ? null
      : asking({ ...asked, plan: { ...plan, candidates } }, abort).rescue();
  };
  return {
    possible: (delivered) => rescueBy(asked.plan)?.possible(delivered) === true,
    mayGoOn: (delivered, broken) => rescueBy(asked.plan)?.mayGoOn(delivered, broken) === true,
    async goOn(delivered, broken) {
      leave();
      const rescue = rescueBy(await holdFor(asked));
      if (rescue === null) throw broken;
      asked.recording.notRecalled();
      return rescue.goOn(delivered, broken);
    },
  };
}

/** Whether it failed the one that leads, for a reason that is not that one's own. */
function failedAlready({ story, leader }: Flight, model: string): boolean {
  const attempts = story?.attempts ?? leader.metadata().attempts;
  return attempts.some(
    ({ success, error, ...by }) =>
      by.model === model &&
      !success &&
      error != null &&
      !isLeadersOwn({ code: error as ErrorCode }),
  );
}

/** All of a stream, put together now that it is over. */
async function collectedReply(
  asked: AskedChat,
  flight: Flight,
  followed: Followed,
): Promise<Response> {
  const { inbound } = asked;
  const { answered: theirs, tape } = followed;
  const to = recalledReplying(asked);
  if (!tape.isOfFrames) {
    const events = tape.items.flatMap((item) => item.events);
    const joined = { plain: false, verbatim: false, text: '', body: {}, events };
    return chatReply({ ...theirs, ...joined, kind: 'reply' }, to);
  }
  const answered = follow(asked, flight, followed);
  const tools = () => inbound.call().tools;
  return chatReply(await collectStream(answered, inbound.dialect, () => undefined, tools), to);
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
