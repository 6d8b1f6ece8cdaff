// serveChat: the one handler behind every chat endpoint, whatever its dialect: admit, read, plan, complete, reply.
import type { ChatDialect } from '../core/dialect.ts';
import { askerOf } from '../gateway/caching/asker-of.ts';
import { cacheUse } from '../gateway/caching/cache-use.ts';
import type { Flight } from '../gateway/caching/flight.ts';
import { recordRecall } from '../gateway/caching/record-recall.ts';
import { takeSeat } from '../gateway/caching/seat.ts';
import { dressedFor } from '../gateway/dressing-of.ts';
import { expectedOfChat } from '../gateway/expected-usage.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { holdForNothing } from '../gateway/hold.ts';
import { readInbound } from '../gateway/inbound.ts';
import { OutputVerdict } from '../gateway/output-verdict.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { limitByRouter, planFor } from '../gateway/plan-for.ts';
import type { Recording } from '../gateway/recording.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import { asRouted, withPast } from '../gateway/with-past.ts';
import { once } from '../lib/once.ts';
import { askChat } from './ask-chat.ts';
import { type AskedChat, recalledReplying } from './asked-chat.ts';
import { cachedReply } from './cached-reply.ts';
import { requestedFaults, requestsFaults } from './fault-header.ts';
import { joinChat } from './join-chat.ts';
import { readBody } from './read-body.ts';
import {
  type Admitted,
  type Endpoint,
  noteRefused,
  noteUnavailable,
  serveExchange,
} from './serve-exchange.ts';

export function serveChat(
  endpoint: Endpoint,
  request: Request,
  gateway: Gateway,
): Promise<Response> {
  return serveExchange(endpoint, request, gateway, (admitted, recording) =>
    answer(endpoint.dialect, request, admitted, gateway, recording),
  );
}

async function answer(
  dialect: ChatDialect,
  request: Request,
  { key, scope, bodies, room, over }: Admitted,
  gateway: Gateway,
  recording: Recording,
): Promise<Response> {
  const snapshot = callersSnapshot(gateway, key, request.headers);
  const text = await readBody(request, snapshot.maxBodyBytes);
  bodies?.request(text);
  const read = noteRefused(recording, dialect, request.headers, (seen) =>
    readInbound(dialect, text, request.headers, 'answer', seen),
  );
  const { model, stream, user, options } = read;
  const metadata = options.metadata ?? null;
  recording.request({ stream, user, requestedModel: model, metadata });
  bodies?.of(user);
  const faults = requestsFaults(request.headers)
    ? await requestedFaults(request.headers, key, gateway)
    : null;
  scope.limit(options.fallback?.total_timeout ?? snapshot.timeouts.totalMs);
  const past = { tenant: key.id, maxBytes: snapshot.maxBodyBytes, abort: scope.abort };
  const whole = withPast(read, past, gateway, recording);
  // Each wait costs a turn of the event loop's queue: only what is looked up is waited for.
  const remembered = whole instanceof Promise ? await whole : whole;
  const routed = asRouted(remembered, snapshot);
  const asked = routed instanceof Promise ? await routed : routed;
  const facts = requestFacts(asked, recording.start.id);
  const planned = planFor(remembered, facts, key, snapshot, gateway.live);
  recording.plan(planned);
  bodies?.routed(planned.settings?.logBodies);
  limitByRouter(scope, options, planned);
  const inbound = dressedFor(remembered, planned);
  recording.asks(inbound.body);
  const output = dialect.outputOf(inbound.body);
  if (output.type !== 'text') recording.judge(new OutputVerdict(output));
  noteUnavailable(inbound, planned, recording);
  const sent = inbound === remembered ? facts : requestFacts(inbound, recording.start.id);
  const asking = { inbound, plan: planned, key, headers: request.headers, snapshot };
  // A rehearsal of failures is nobody's answer.
  const cache = faults === null ? cacheUse(asking, gateway) : null;
  recording.looked(cache?.policy.reads ? 'miss' : 'bypass');
  const expects = expectedOfChat(inbound, sent);
  return answerTo({
    ...{ inbound, written: remembered, plan: planned, expects, key, snapshot, gateway },
    ...{ recording, scope, room, bodies, faults, cache, over },
  });
}

/** The answer that is kept, or being made, or is made now. */
async function answerTo(asked: AskedChat): Promise<Response> {
  const { cache, gateway, recording } = asked;
  if (cache === null) return askChat(asked, null);
  const mine = once(() => askerOf(asked.inbound, asked.plan));
  const passed = new Set<Flight>();
  let failures = 0;
  // Once one has failed, only one that asks alike has more to say: the others had fallbacks or deadlines of their own.
  const suits = (flight: Flight) =>
    passed.size === 0 || (!passed.has(flight) && flight.asker() === mine());
  for (;;) {
    const taken = takeSeat(cache, asked, gateway.answers, suits);
    const seat = taken instanceof Promise ? await taken : taken;
    if (seat.kind === 'ask') return askChat(asked, seat.flight);
    if (seat.kind === 'kept') {
      const free = holdForNothing({ ...asked, user: asked.inbound.user }, gateway);
      if (free !== undefined) await free;
      recordRecall(recording, seat, gateway.answers.now());
      return cachedReply(seat.kept, recalledReplying(asked), cache.policy.paced);
    }
    const { flight } = seat;
    const joined = await joinChat(asked, flight, flight.asker() === mine());
    if (joined.kind === 'reply') return joined.response;
    recording.notRecalled();
    passed.add(flight);
    if (joined.kind === 'failed') failures += 1;
    // Whoever asks the same once more would fail the same way, one after the other.
    if (joined.kind === 'failed' && failures > 1) throw joined.error;
  }
}
