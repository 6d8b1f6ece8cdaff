// askChat: the answer is made: room is held for it, the plan's targets are asked, and what comes goes to the caller.
import type { Delivered } from '../core/delivered.ts';
import type { Plan } from '../core/plan.ts';
import type { Answered } from '../gateway/attempt.ts';
import { attemptsOf } from '../gateway/attempts-of.ts';
import type { Flight } from '../gateway/caching/flight.ts';
import { Tape } from '../gateway/caching/tape.ts';
import { chatWork } from '../gateway/chat-work.ts';
import { complete } from '../gateway/complete.ts';
import { fallbackPolicy } from '../gateway/fallback-policy.ts';
import { hold } from '../gateway/hold.ts';
import { keeperOf } from '../gateway/keep-response.ts';
import { Rescue } from '../gateway/rescue.ts';
import type { Attempts, Work } from '../gateway/try-target.ts';
import type { AskedChat } from './asked-chat.ts';
import { chatReply } from './chat-reply.ts';

/** @param flight what others who ask the same may join; null: it is for this caller alone. */
export async function askChat(asked: AskedChat, flight: Flight | null): Promise<Response> {
  const { inbound, written, recording, gateway, key, scope, cache } = asked;
  const held = holdFor(asked);
  const allowed = held instanceof Promise ? await held : held;
  if (allowed !== asked.plan) recording.plan(allowed);
  const { abort } = flight ?? scope;
  const { attempts, work, rescue } = asking({ ...asked, plan: allowed }, abort);
  const answered = await complete(work(null), attempts);
  // What the router put in is not the caller's: neither to be read again nor to be gone on from with another.
  const keep = keeperOf(written, answered, recording, gateway.responses, key.id);
  const tape = cache !== null && answered.kind === 'stream' ? tapeFor(asked, flight) : null;
  if (answered.kind === 'reply') {
    cache?.keepAnswer(recording, answered, answered);
    flight?.begun({ kind: 'whole', answered });
  } else if (tape !== null) {
    cache?.keepAnswer(recording, answered, tape);
    flight?.begun({ kind: 'stream', answered, tape });
  }
  const over = flight === null ? asked.over : () => flight.afterwards(asked.over);
  const { bodies, room } = asked;
  const to = { inbound, asked: written.body, recording, bodies, room, abort: scope.abort, over };
  return chatReply(answered, { ...to, keep, rescue: rescue(), tape, flight });
}

function tapeFor({ snapshot }: AskedChat, flight: Flight | null): Tape {
  return new Tape(snapshot.cache.maxEntryBytes, () => flight?.isFollowed === true);
}

/** The plan, as far as its caller's limits allow. Throws as `hold` does. */
export function holdFor(asked: AskedChat): Plan | Promise<Plan> {
  const { key, inbound, plan, expects, snapshot, room, gateway } = asked;
  const { limits: settings } = snapshot;
  return hold({ key, user: inbound.user, plan, expects, settings, room }, gateway);
}

export interface Asking {
  readonly attempts: Attempts;
  readonly work: (delivered: Delivered | null) => Work<Answered>;
  /** Who goes on with a stream that breaks off; null: nobody may. */
  readonly rescue: () => Rescue | null;
}

/** Whom a request may ask, and how. @param abort what ends its attempts */
export function asking(asked: AskedChat, abort: AskedChat['scope']['abort']): Asking {
  const { inbound, written, plan, snapshot, gateway, recording, faults } = asked;
  const { dialect, stream, options, user } = inbound;
  // A router's prompt is the same for all: a conversation is known by what the caller wrote.
  const sticky = { user, opening: () => dialect.openingOf(written.body) };
  const attempts = attemptsOf(plan, sticky, gateway, recording, { abort }, faults);
  const policy = fallbackPolicy(options, plan.settings?.fallback, stream, snapshot);
  const work = (delivered: Delivered | null) =>
    chatWork(inbound, policy, snapshot, attempts.line, delivered);
  const rescue = () => {
    const resumes = policy.resume && dialect.isOneText(inbound.body) && attempts.line.hasMore();
    return resumes ? new Rescue(attempts, work) : null;
  };
  return { attempts, work, rescue };
}
